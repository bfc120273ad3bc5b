import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';

/** Tells its process's parent that it began, and holds where it is told to: for ever. */
export function heavyMember(held = '') {
  return defineTask({
    name: 'member.heavy',
    lane: 'heavy',
    input: z.int(),
    async run(_, n) {
      process.send?.({ begun: n });
      if (String(n) === held) await new Promise(() => {});
    },
  });
}

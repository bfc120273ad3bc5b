import { expect, it, vi } from 'vitest';
import { JobTurns } from '../../../src/api/jobs/job-turns.js';

it('lets those about one thing go one after another, whatever becomes of each; others go at once', async () => {
  const turns = new JobTurns();
  const log: string[] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = turns.take('a', async () => {
    log.push('first begins');
    await gate;
    log.push('first ends');
    throw new Error('first');
  });
  const second = turns.take('a', async () => log.push('second'));
  await turns.take('b', async () => log.push('other'));
  expect(log).toEqual(['first begins', 'other']);
  open();
  await expect(first).rejects.toThrow('first');
  await second;
  expect(log.slice(2)).toEqual(['first ends', 'second']);
});

it('waits for nobody for long', async () => {
  vi.useFakeTimers();
  try {
    const turns = new JobTurns();
    void turns.take('a', () => new Promise(() => {}));
    const late = Promise.all(['x', 'y', 'z'].map((name) => turns.take('a', async () => name)));
    await vi.advanceTimersByTimeAsync(2000);
    expect(await late).toEqual(['x', 'y', 'z']);
  } finally {
    vi.useRealTimers();
  }
});

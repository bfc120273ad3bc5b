import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs one command line in this process and keeps what it wrote. */
export async function carillon(
  argv: string[],
  {
    cwd = '/',
    env = {},
    now = Date.now,
    colour = false,
    ...terminal
  }: Partial<Pick<Io, 'cwd' | 'env' | 'now' | 'colour' | 'stdin' | 'ask' | 'askSecret'>> = {},
): Promise<Ended> {
  const ended = { code: 0, out: '', err: '' };
  ended.code = await run(argv, {
    out: (text) => {
      ended.out += text;
    },
    err: (text) => {
      ended.err += text;
    },
    ...{ env, cwd, now, colour, ...terminal },
  });
  return ended;
}

/** The `carillon` command. */
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { run } from './run.js';

// The reader of a pipe may leave early (`| head`); that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** On standard error: what is asked is no data. The end of input is no answer. */
async function ask(question: string): Promise<string> {
  return answerOf(createInterface({ input: process.stdin, output: process.stderr }), question);
}

/** What is typed goes to an output that shows nothing. */
async function askSecret(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await answerOf(createInterface({ input: process.stdin, output: nowhere, terminal: true }), '');
  process.stderr.write('\n');
  return answer;
}

async function answerOf(terminal: Interface, question: string): Promise<string> {
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  cwd: process.cwd(),
  now: () => Date.now(),
  stdin: () => readFileSync(0, 'utf8'),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask, askSecret }),
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  ...(process.stdout.isTTY && process.stderr.isTTY && { terminal: process.stderr }),
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startApiOnly } from '../api/api-only.js';

const bin = fileURLToPath(new URL('../../bin/carillon.mjs', import.meta.url));

function start(argv: string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [bin, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

it('runs as a command: data on stdout, talk on stderr, the exit code of the outcome', async () => {
  const { url, project } = await startApiOnly();
  const argv = ['jobs', 'create', 'a', '--task', 'log', '--input', '{"message":"hi"}', '--every', '1h'];
  const child = start([...argv, '--url', url, '--project', project, '-o', 'json']);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect({ code, err }).toEqual({ code: 0, err: 'created a: every hour\n' });
  expect(JSON.parse(out)).toMatchObject({ id: 'a', project });
  const [refused] = await once(start(['jobs', 'get', 'b', '--url', url, '--project', project]), 'exit');
  expect(refused).toBe(1);
});

it('bears a reader that leaves early', async () => {
  const child = start(['next', '* * * * * *', '-n', '1000', '-o', 'json']);
  const complaint = text(child.stderr);
  child.stdout.once('data', () => {
    (child.stdout as NodeJS.ReadableStream & { destroy(): void }).destroy();
  });
  const [code] = await once(child, 'exit');
  expect({ code, err: await complaint }).toEqual({ code: 0, err: '' });
});

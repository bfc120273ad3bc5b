import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startApiOnly } from '../api/api-only.js';

test('whoever sends headers drop by drop is not waited for, and others are answered meanwhile', async () => {
  const { url } = await startApiOnly();
  const { hostname, port } = new URL(url);
  const began = Date.now();
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  await once(socket, 'connect');
  socket.write('GET /trpc/tasks.list HTTP/1.1\r\nhost: x\r\n');
  const drip = setInterval(() => socket.write('x-slow: drop\r\n'), 500);
  try {
    expect((await fetch(`${url}/trpc/tasks.list`)).status).toBe(200);
    await once(socket, 'close');
  } finally {
    clearInterval(drip);
  }
  expect(heard).toMatch(/^HTTP\/1\.1 408 /);
  expect(JSON.parse(heard.slice(heard.indexOf('{')))).toMatchObject({ status: 408, code: 'INPUT_INVALID' });
  expect(Date.now() - began).toBeLessThan(20_000);
});

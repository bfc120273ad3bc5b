import { expect, test } from 'vitest';
import { addresses, answer, counts, folder, hangUp, listenForMail, send } from './mail-server.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const to = addresses(10);

test('crash in mid-chunk: the next attempt goes on after the chunk, and nobody gets two', async () => {
  let crash = () => {};
  const crashed = new Promise<void>((resolve) => {
    crash = resolve;
  });
  let dead = false;
  const { url, received } = await listenForMail({
    // The fifth message is taken, and its answer never comes to anybody: the worker is gone.
    take: ({ to }) => {
      if (to[0] !== 'user4@example.net' || dead) return;
      dead = true;
      crash();
    },
  });
  const place = folder();
  // What a dead worker would have written does not arrive: the folder stays as it was at the crash.
  const kept = new Map<string, string>();
  const abort = new AbortController();
  const first = send(url, { to, chunk: 3 }, { services: place, signal: abort.signal });
  await crashed;
  for (const [name, body] of place.saved) kept.set(name, body);
  abort.abort();
  await first.done.catch(() => {});
  place.saved.clear();
  for (const [name, body] of kept) place.saved.set(name, body);

  const second = send(url, { to, chunk: 3 }, { services: place, attempt: 2 });
  expect(await second.done).toEqual({
    recipients: 10,
    sent: 7,
    rejected: 0,
    unknown: 3,
    notReached: [3, 4, 5].map((index) => ({
      address: `user${index}@example.net`,
      reason: 'Not known whether it was sent.',
    })),
  });
  const got = counts(received);
  expect(Object.values(got)).toEqual(Object.values(got).map(() => 1));
  expect(to.filter((address) => !(address in got))).toEqual(['user5@example.net']);
});

test('the details of the heartbeat alone do, where there is no object store', async () => {
  const { url, received } = await listenForMail();
  const first = send(url, { to, chunk: 2 });
  await expect(first.done).resolves.toMatchObject({ sent: 10 });
  expect(first.trace.log.map(({ level }) => level)).toEqual(['warn']);
  // Each mark that was kept on the way is one that a crash may leave behind.
  for (const heartbeatDetails of first.trace.heartbeats) {
    const before = { ...counts(received) };
    const heard = received.length;
    await send(url, { to, chunk: 2 }, { heartbeatDetails, attempt: 2 }).done;
    const again = received.splice(heard).flatMap(({ to }) => to);
    const { states } = heartbeatDetails as { states: string };
    expect(again).toEqual(to.filter((_, index) => states[index] === '.'));
    expect(counts(received)).toEqual(before);
  }
});

test('the newer of the two marks counts', async () => {
  const { url, received } = await listenForMail();
  const place = folder();
  const first = send(url, { to, chunk: 5 }, { services: place });
  await first.done;
  const old = first.trace.heartbeats[0];
  expect(old).toMatchObject({ states: 'ooooo.....' });
  const second = send(url, { to, chunk: 5 }, { services: place, heartbeatDetails: old, attempt: 2 });
  expect(await second.done).toMatchObject({ sent: 10, unknown: 0 });
  expect(received).toHaveLength(10);
});

test('whom the server puts off gets the message with a later attempt, and the others not again', async () => {
  const busy = new Set(['user2@example.net', 'user5@example.net']);
  const { url, received } = await listenForMail({
    onRcptTo: ({ address }, _, callback) => callback(busy.has(address) ? answer(451, 'Greylisted') : null),
    take: ({ to: [address] }) => {
      if (full.delete(address as string)) throw answer(452, 'Out of space');
    },
  });
  const full = new Set(['user7@example.net']);
  const place = folder();
  const attempt = (number: number) => send(url, { to, chunk: 4 }, { services: place, attempt: number }).done;
  await expect(attempt(1)).rejects.toMatchObject({ code: 'EMAIL_DEFERRED', details: { value: 3 } });
  expect(received).toHaveLength(7);
  busy.delete('user5@example.net');
  await expect(attempt(2)).rejects.toMatchObject({ code: 'EMAIL_DEFERRED', details: { value: 1 } });
  busy.clear();
  expect(await attempt(3)).toMatchObject({ sent: 10, rejected: 0, unknown: 0, notReached: [] });
  expect(counts(received)).toEqual(Object.fromEntries(to.map((address) => [address, 1])));
});

test('a server that puts everybody off is left alone', async () => {
  const { url } = await listenForMail({ onMailFrom: (_, __, callback) => callback(answer(450, 'Too much')) });
  const { done, trace } = send(url, { to: addresses(100) }, { services: folder() });
  await expect(done).rejects.toMatchObject({ code: 'EMAIL_DEFERRED', details: { value: 20 } });
  expect((trace.heartbeats.at(-1) as { states: string }).states).toBe('d'.repeat(20) + '.'.repeat(80));
});

test.each(['at its start', 'after it'])(
  'a connection that the server ends now and then is opened again: a message refused %s',
  async (when) => {
    let count = 0;
    const enough = () => (++count % 4 === 0 ? answer(421, 'Enough for now') : null);
    const { url, received } = await listenForMail({
      ...(when === 'at its start' && { onMailFrom: (_, __, callback) => callback(enough()) }),
      ...(when === 'after it' && {
        take: () => {
          const error = enough();
          if (error) throw error;
        },
      }),
    });
    expect(await send(url, { to }, { services: folder() }).done).toMatchObject({ sent: 10 });
    expect(counts(received)).toEqual(Object.fromEntries(to.map((address) => [address, 1])));
  },
);

test('no answer to a message: not sent again, and the others get theirs with the next attempt', async () => {
  let mute = true;
  const listening = await listenForMail({
    take: async ({ to }) => {
      if (!mute || to[0] !== 'user0@example.net') return;
      mute = false;
      hangUp(listening.server);
      await new Promise(() => {});
    },
  });
  const { url, received } = listening;
  const place = folder();
  await expect(send(url, { to }, { services: place }).done).rejects.toThrow(code('SMTP_UNREACHABLE'));
  const second = await send(url, { to }, { services: place, attempt: 2 }).done;
  expect(second).toMatchObject({ sent: 9, unknown: 1, notReached: [{ address: 'user0@example.net' }] });
  expect(counts(received)).not.toHaveProperty('user0@example.net');
});

test('a message that ends every connection keeps nobody else waiting', async () => {
  const listening = await listenForMail({
    onRcptTo: ({ address }, _, callback) => {
      if (address === 'user0@example.net') hangUp(listening.server);
      else callback();
    },
  });
  const place = folder();
  await expect(send(listening.url, { to }, { services: place }).done).rejects.toThrow(code('SMTP_UNREACHABLE'));
  await expect(send(listening.url, { to }, { services: place, attempt: 2 }).done).rejects.toThrow(
    code('SMTP_UNREACHABLE'),
  );
  expect(Object.keys(counts(listening.received))).toEqual(to.slice(1));
});

test('cancelled in mid-run: it stops where it is, and says exactly who got the message', async () => {
  const abort = new AbortController();
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const { url, received } = await listenForMail({
    onMailFrom: (_, __, callback) => {
      if (received.length === 6) abort.abort();
      else callback();
    },
    onClose: () => close(),
  });
  const { done, trace } = send(url, { to, chunk: 4 }, { services: folder(), signal: abort.signal });
  await expect(done).rejects.toThrow();
  expect(received).toHaveLength(6);
  expect((trace.heartbeats.at(-1) as { states: string }).states).toBe('ssssss....');
  await closed;
});

test('other recipients than those of the attempt before are refused', async () => {
  const { url, received } = await listenForMail();
  const place = folder();
  await send(url, { to }, { services: place }).done;
  const other = send(url, { to: addresses(11) }, { services: place, attempt: 2 }).done;
  await expect(other).rejects.toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.to' } });
  expect(received).toHaveLength(10);
});

test('while the object store does not answer, nothing is sent', async () => {
  const { url, received } = await listenForMail();
  const away = async () => {
    throw Object.assign(new Error('The object store is away.'), { code: 'OBJECTS_UNAVAILABLE' });
  };
  const { files } = folder();
  const reads = send(url, { to }, { services: { files: () => ({ ...files(), get: away }) } }).done;
  await expect(reads).rejects.toThrow('away');
  const writes = send(url, { to }, { services: { files: () => ({ ...files(), put: away }) } }).done;
  await expect(writes).rejects.toThrow('away');
  expect(received).toEqual([]);
});

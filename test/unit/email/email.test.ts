import { expect, test } from 'vitest';
import { emailTask } from '../../../src/activities/tasks/email/email.js';
import { addresses, answer, basic, counts, folder, listenForMail, send } from './mail-server.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const to = ['ann@example.net'];

test('a message for each recipient, filled in with what is known of the run and of them', async () => {
  const { url, received } = await listenForMail();
  const { done, trace } = send(
    url,
    {
      to: [{ address: 'ann@example.net', name: 'Ann', data: { sum: '5 < 6' } }, 'Bob <bob@example.net>'],
      replyTo: 'help@example.org',
      subject: 'Bill of {{ job.id }} for {{ to.name }}: {{ data.sum }}',
      text: 'Dear {{ to.name }}, {{ data.sum }} {{ run.scheduledAt }}',
      html: '<p>{{ data.sum }}</p><p>{{ "<b>" | raw }}</p>',
      data: { sum: 'nothing' },
    },
    { services: folder() },
  );
  expect(await done).toEqual({ recipients: 2, sent: 2, rejected: 0, unknown: 0, notReached: [] });
  expect(received.map(({ from, to }) => [from, to])).toEqual([
    ['sender@example.org', ['ann@example.net']],
    ['sender@example.org', ['bob@example.net']],
  ]);
  const [ann, bob] = received.map(({ raw }) => raw);
  expect(ann).toContain('Subject: Bill of job for Ann: 5 < 6\r\n');
  expect(ann).toContain('From: Sender <sender@example.org>\r\n');
  expect(ann).toContain('To: Ann <ann@example.net>\r\n');
  expect(ann).toContain('Reply-To: help@example.org\r\n');
  expect(ann).toContain('Auto-Submitted: auto-generated\r\n');
  expect(ann).toContain('Dear Ann, 5 < 6 2026-01-01T00:00:00Z');
  expect(ann).toContain('<p>5 &#60; 6</p><p><b></p>');
  expect(bob).toContain('Dear Bob, nothing');
  expect(bob).not.toContain('ann@example.net');
  expect(trace.progress).toEqual([{ done: 2, total: 2, note: '2 sent, 0 rejected' }]);
});

test('the Message-ID follows from run and address', async () => {
  const { url, received } = await listenForMail();
  const ids = async (runId: string) => {
    await send(url, { to: ['a@example.net', 'b@example.net'] }, { runId }).done;
    return received.splice(0).map(({ raw }) => /^Message-ID: (<[0-9a-f]{32}@example\.org>)\r$/im.exec(raw)?.[1]);
  };
  const first = await ids('job@1');
  expect(new Set([...first, ...(await ids('job@2'))])).toHaveLength(4);
  expect(await ids('job@1')).toEqual(first);
});

test('with cc and bcc all get one message, each once, and bcc is named nowhere', async () => {
  const { url, received } = await listenForMail();
  const input = { to: ['a@example.net'], cc: ['C <c@example.net>', 'A@EXAMPLE.NET'], bcc: ['hidden@example.net'] };
  await send(url, input).done;
  expect(counts(received)).toEqual({ 'a@example.net': 1, 'c@example.net': 1, 'hidden@example.net': 1 });
  for (const { raw } of received) {
    expect(raw).toContain('To: a@example.net\r\n');
    expect(raw).toMatch(/^Cc: C <c@example\.net>/m);
    expect(raw).not.toContain('hidden');
  }
});

test('equal addresses get one message', async () => {
  const { url, received } = await listenForMail();
  await send(url, { to: ['a@example.net', 'A@Example.NET', 'Another <a@example.net>', 'b@example.net'] }).done;
  expect(counts(received)).toEqual({ 'a@example.net': 1, 'b@example.net': 1 });
});

test('chunks report how far they are', async () => {
  const { url, received } = await listenForMail();
  const { done, trace } = send(url, { to: addresses(7), chunk: 3 }, { services: folder() });
  await done;
  expect(trace.progress.map(({ done, total }) => [done, total])).toEqual([
    [3, 7],
    [6, 7],
    [7, 7],
  ]);
  expect(received).toHaveLength(7);
});

test('a login, and one that is refused', async () => {
  const options = {
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password }, _, callback) {
      if (username === 'user' && password === 'p@ss:w/rd') callback(null, { user: username });
      else callback(answer(535, 'Bad credentials'));
    },
  } satisfies Parameters<typeof listenForMail>[0];
  const { url, received } = await listenForMail(options);
  const at = (login: string) => url.replace('://', `://${login}@`);
  await send(at(`user:${encodeURIComponent('p@ss:w/rd')}`), { to }).done;
  const secrets = { get: async (name: string) => (name === 'smtp.password' ? 'p@ss:w/rd' : '') };
  await send(at('user:secret://smtp.password'), { to }, { services: { secrets } }).done;
  expect(received).toHaveLength(2);
  const refused = send(at('user:sesame'), { to }).done;
  await expect(refused).rejects.toMatchObject({ code: 'SMTP_REFUSED', details: { field: 'smtp.url' } });
  await expect(refused).rejects.not.toThrow('sesame');
});

test('a rejected recipient is reported, and the others get theirs', async () => {
  const { url, received } = await listenForMail({
    onRcptTo: ({ address }, _, callback) =>
      callback(address === 'user1@example.net' ? answer(550, 'No such user') : null),
    take: ({ to }) => {
      if (to[0] === 'user2@example.net') throw answer(554, 'Looks like spam');
    },
  });
  const { done, trace } = send(url, { to: addresses(4) }, { services: folder() });
  expect(await done).toEqual({
    recipients: 4,
    sent: 2,
    rejected: 2,
    unknown: 0,
    notReached: [
      { address: 'user1@example.net', reason: expect.stringContaining('550 No such user') },
      { address: 'user2@example.net', reason: expect.stringContaining('554 Looks like spam') },
    ],
  });
  expect(Object.keys(counts(received))).toEqual(['user0@example.net', 'user3@example.net']);
  expect(trace.log.map(({ level, fields }) => [level, fields?.address])).toEqual([
    ['warn', 'user1@example.net'],
    ['warn', 'user2@example.net'],
  ]);
});

test('nobody but rejected ones: the run fails for good', async () => {
  const { url } = await listenForMail({ onRcptTo: (_, __, callback) => callback(answer(550, 'No such user')) });
  expect(await send(url, { to: addresses(2) }).done).toMatchObject({
    kind: 'giveUp',
    reason: expect.stringContaining('refused all 2 recipients, the first with: '),
  });
});

test('a sender the server does not take: nothing is sent', async () => {
  const { url, received } = await listenForMail({
    onMailFrom: (_, __, callback) => callback(answer(553, 'Not yours')),
  });
  await expect(send(url, { to }).done).rejects.toMatchObject({
    code: 'SMTP_REFUSED',
    details: { field: 'input.from' },
  });
  expect(received).toEqual([]);
});

test('a server that nobody listens at, and settings that are missing', async () => {
  await expect(send('smtp://127.0.0.1:2', { to }).done).rejects.toMatchObject({
    code: 'SMTP_UNREACHABLE',
    details: { field: 'smtp.url', value: '127.0.0.1:2' },
  });
  for (const url of ['', 'http://127.0.0.1', '127.0.0.1:25', 'smtp://'])
    await expect(send(url, { to }).done).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { field: 'smtp.url' },
    });
  const nobody = send('smtp://127.0.0.1:2', { to, from: undefined }).done;
  await expect(nobody).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { field: 'input.from' } });
});

test('the sender of the configuration is used where the job has none', async () => {
  const { url, received } = await listenForMail();
  const settings = { smtp: { url, from: 'Robot <robot@example.org>' } };
  await send(url, { to, from: undefined }, { settings }).done;
  expect(received[0]).toMatchObject({
    from: 'robot@example.org',
    raw: expect.stringContaining('From: Robot <robot@example.org>'),
  });
});

test('a server that does not answer is left after the timeout', async () => {
  const { url, received } = await listenForMail({ onMailFrom: () => {} });
  await expect(send(url, { to, timeout: '50ms' }).done).rejects.toThrow(code('SMTP_UNREACHABLE'));
  expect(received).toEqual([]);
});

test('cancelled in mid-command, the connection is closed', async () => {
  const abort = new AbortController();
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const { url } = await listenForMail({ onRcptTo: () => abort.abort(), onClose: () => close() });
  await expect(send(url, { to }, { signal: abort.signal }).done).rejects.toThrow();
  await closed;
});

test('a variable that one recipient lacks is found before anything is sent', async () => {
  const { url, received } = await listenForMail();
  const list = [{ address: 'a@example.net', data: { name: 'A' } }, { address: 'b@example.net' }];
  await expect(send(url, { to: list, text: '{{ data.name }}' }).done).rejects.toMatchObject({
    code: 'TEMPLATE_INVALID',
    message: expect.stringContaining('For `input.to.1`: Expected `input.text`'),
    details: { field: 'input.text' },
  });
  expect(received).toEqual([]);
});

test.each([
  [{ to: [] }, 'to'],
  [{ to: addresses(10_001) }, 'to'],
  [{ to: ['a@example.net', 'nobody'] }, 'to.1'],
  [{ to: ['a@b@example.net'] }, 'to.0'],
  [{ to: ['a@example.net\r\nBcc: b@example.net'] }, 'to.0'],
  [{ to: ['a@example.net, b@example.net'] }, 'to.0'],
  [{ to: ['a@-example.net'] }, 'to.0'],
  [{ to: ['"a b"@example.net'] }, 'to.0'],
  [{ to: ['a@[127.0.0.1]'] }, 'to.0'],
  [{ to: ['ä@example.net'] }, 'to.0'],
  [{ to: [`${'a'.repeat(65)}@example.net`] }, 'to.0'],
  [{ to: [{ address: 'a' }] }, 'to.0.address'],
  [{ to: [{ address: 'a@example.net', name: 'A\nBcc: b@example.net' }] }, 'to.0.address'],
  [{ to, cc: ['x'] }, 'cc.0'],
  [{ to, bcc: ['x y@example.net'] }, 'bcc.0'],
  [{ to: addresses(100), cc: ['c@example.net'] }, 'to'],
  [{ to: [{ address: 'a@example.net', data: {} }], cc: ['c@example.net'] }, 'to.0.data'],
  [{ to, from: 'me' }, 'from'],
  [{ to, replyTo: 'me@' }, 'replyTo'],
  [{ to, subject: '' }, 'subject'],
  [{ to, subject: '{{ x }}' }, 'subject'],
  [{ to, text: undefined }, 'text'],
  [{ to, html: '{% if %}' }, 'html'],
  [{ to, chunk: 0 }, 'chunk'],
  [{ to, timeout: 'soon' }, 'timeout'],
])('refuses %.60j', (input, field) => {
  const { error } = emailTask.input.safeParse({ ...basic, ...input });
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});

test('what an address may be', async () => {
  const { url, received } = await listenForMail();
  await send(url, {
    to: ['a.b+c@sub.example.net', "o'x@localhost", 'Jürgen <j@münchen.example>', '"Doe, J." <d@example.net>'],
  }).done;
  expect(received.flatMap(({ to }) => to)).toEqual([
    'a.b+c@sub.example.net',
    "o'x@localhost",
    'j@münchen.example',
    'd@example.net',
  ]);
});

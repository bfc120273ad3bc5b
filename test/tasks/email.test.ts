import { expect, test } from 'vitest';
import { createServices } from '../../src/activities/services/services.js';
import { useRig } from '../rig/rig.js';
import { addresses, answer, counts, folder, listenForMail } from '../unit/email/mail-server.js';

test('a job that sends mail: whom the server put off gets it with the second attempt, and nobody two', async () => {
  const late = new Set(['user1@example.net']);
  const { url, received } = await listenForMail({
    onRcptTo: ({ address }, _, callback) => callback(late.delete(address) ? answer(451, 'Greylisted') : null),
  });
  const services = { ...createServices({ smtp: { url, from: 'robot@example.org' } }), ...folder() };
  const { client, project, ended } = await useRig({ services });
  const to = addresses(3);
  await client.jobs.create.mutate({
    project,
    id: 'mailing',
    task: 'email',
    input: { to, subject: '{{ job.id }}, attempt {{ run.attempt }}', text: 'Hello.' },
    schedule: { immediate: true },
    retry: { initialInterval: '100ms' },
  });
  expect(await ended('mailing', 1)).toMatchObject([
    { state: 'succeeded', attempt: 2, result: { recipients: 3, sent: 3, rejected: 0, unknown: 0, notReached: [] } },
  ]);
  expect(counts(received)).toEqual(Object.fromEntries(to.map((address) => [address, 1])));
  expect(received.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw)?.[1])).toEqual([
    'mailing, attempt 1',
    'mailing, attempt 1',
    'mailing, attempt 2',
  ]);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startApiOnly } from '../api/api-only.js';
import { startWorker } from '../api/late-worker.js';
import { carillon } from './terminal.js';

async function terminal() {
  const api = await startApiOnly({ patienceMs: 20_000 });
  const cwd = await mkdtemp(join(tmpdir(), 'carillon-calendars-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const at = ['--url', api.url, '--project', api.project];
  return {
    api,
    run: (...argv: string[]) => carillon([...argv, ...at], { cwd, env: { USER: 'ada' } }),
    write: (name: string, text: string) => writeFile(join(cwd, name), text),
  };
}

it('puts a calendar from a file, shows it, and keeps it while a job names it', async () => {
  const { api, run, write } = await terminal();
  await startWorker(api);
  await write('holidays.yaml', 'description: days off\nrules:\n  - { yearly: 12-25, name: Christmas Day }\n');
  expect(await run('calendars', 'put', 'holidays', '-f', 'holidays.yaml')).toMatchObject({
    code: 0,
    err: expect.stringContaining('holidays is of revision 1 now'),
  });
  expect(await run('calendars', 'put', 'holidays', '-f', 'holidays.yaml')).toMatchObject({
    err: 'holidays is as it was\n',
  });
  expect((await run('calendars', 'put', 'holidays', '-f', 'holidays.yaml', '--if-revision', '4')).err).toContain(
    'error CALENDAR_CHANGED',
  );
  const flags = ['--task', 'log', '--input', '{"message":"hi"}', '--cron', '0 9 * * *'];
  const created = await run('jobs', 'create', 'a', ...flags, '--exclude-calendar', 'holidays');
  expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^calendars +holidays \(revision 1\)$/m) });

  const shown = await run('calendars', 'get', 'holidays');
  expect(shown.out).toMatch(/^revision +1, .* by ada$/m);
  expect(shown.out).toMatch(/^jobs +a$/m);
  expect(shown.out).toMatch(/^yearly 12-25 +Christmas Day$/m);
  expect((await run('calendars', 'list')).out).toMatch(/^holidays +1 +1 +the schedule's/m);
  expect(await run('calendars', 'delete', 'holidays')).toMatchObject({
    code: 1,
    err: expect.stringContaining('error CALENDAR_IN_USE'),
  });
  await run('jobs', 'cancel', 'a');
  expect(await run('calendars', 'delete', 'holidays')).toMatchObject({ code: 0, out: 'deleted holidays\n' });
});

it('refuses files that hold no calendar', async () => {
  const { run, write } = await terminal();
  await write('broken.yaml', 'rules: [');
  await write('other.yaml', 'id: job\n');
  expect((await run('calendars', 'put', 'a', '-f', 'missing.yaml')).err).toContain('error FILE_INVALID');
  expect((await run('calendars', 'put', 'a', '-f', 'broken.yaml')).err).toContain('error FILE_INVALID');
  expect((await run('calendars', 'put', 'a', '-f', 'other.yaml')).err).toContain('error INPUT_INVALID');
});

it('lists the versions of a job, shows one, and takes an earlier one again', async () => {
  const { api, run } = await terminal();
  await startWorker(api);
  const flags = ['--task', 'log', '--input', '{"message":"hi"}', '--every', '1h'];
  await run('jobs', 'create', 'a', ...flags);
  await run('jobs', 'reschedule', 'a', '--every', '2h');
  const listed = await run('jobs', 'versions', 'a');
  expect(listed.out).toMatch(/^2 +.* ada +log +every 2 hours +\w{8}\n1 +.* ada +log +every hour +\w{8}$/m);
  expect(JSON.parse((await run('jobs', 'versions', 'a', '1')).out)).toMatchObject({ schedule: { every: 'PT1H' } });
  expect(await run('jobs', 'rollback', 'a', '1')).toMatchObject({
    code: 0,
    err: 'a has the definition of version 1 again, as version 3\n',
    out: expect.stringMatching(/^when +every hour$/m),
  });
  expect((await run('jobs', 'rollback', 'a', '9')).err).toContain('error VERSION_NOT_FOUND');
  expect((await run('jobs', 'rollback', 'a', 'first')).err).toContain('error INPUT_INVALID');
});

it('tells before resuming what becomes of what was due meanwhile, and only tells in a dry run', async () => {
  const { api, run } = await terminal();
  await startWorker(api);
  await run('jobs', 'create', 'a', '--task', 'log', '--input', '{"message":"hi"}', '--every', '1h');
  await run('jobs', 'pause', 'a', '--note', 'a move', '--missed', 'last');
  const dry = await run('jobs', 'resume', 'a', '--dry-run');
  expect(dry).toMatchObject({ code: 0, out: expect.stringMatching(/^state +paused$/m) });
  expect(dry.err).toMatch(/^due meanwhile: .+\ndry run: nothing changed\n$/);
  expect(dry.out).toMatch(/^paused +.* by ada, a move$/m);
  expect((await run('jobs', 'resume', 'a', '--missed', 'drop')).err).toMatch(/^due meanwhile: .+\nresumed a\n$/);
  expect((await run('jobs', 'resume', 'a', '--dry-run')).err).toMatch(/^a is not paused\n/);
});

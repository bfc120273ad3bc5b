import { expect, it } from 'vitest';
import { startApiOnly } from '../api/api-only.js';
import { carillon } from './terminal.js';

it('creates projects, changes them and says who may do what in them', async () => {
  const { url, project } = await startApiOnly({ patienceMs: 5000 });
  const env = { CARILLON_URL: url, CARILLON_PROJECT: project, CARILLON_USER: 'ada' };
  const run = (...argv: string[]) => carillon(argv, { env });
  const created = await run('projects', 'create', project, '--description', 'ours', '--jobs', '5');
  expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^created +.* by ada$/m) });
  const changed = await run('projects', 'update', project, '--jobs', 'none', '--runs-per-day', '20');
  expect(changed.out).toMatch(/^runs per day +at most 20$/m);
  expect(changed.out).not.toMatch(/^jobs /m);
  expect((await run('projects', 'get', project)).out).toMatch(/^your role +owner, payloads shown$/m);
  expect((await run('projects', 'create', project)).err).toContain('error PROJECT_EXISTS');
  expect((await run('projects', 'list', '-n', '500')).out).toMatch(new RegExp(`^${project} +owner +shown`, 'm'));

  const member = await run('members', 'put', 'mia@example.com', '--role', 'operator', '--payloads');
  expect(member.out).toMatch(/^mia@example.com +operator +shown +.* ada$/m);
  expect((await run('members', 'list')).out).toContain('mia@example.com');
  expect((await run('members', 'put', 'mia@example.com', '--role', 'chief')).code).toBe(2);
  expect(await run('members', 'delete', 'mia@example.com')).toMatchObject({
    code: 0,
    out: 'deleted mia@example.com\n',
  });
  expect((await run('members', 'delete', 'mia@example.com')).err).toContain('error MEMBER_NOT_FOUND');
});

import { expect, test } from 'vitest';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { startApiOnly } from '../api/api-only.js';
import { carillon } from './terminal.js';

test('a secret is stored from standard input or a question, listed, sealed anew and deleted; the audit tells', async () => {
  const keyRing = KeyRing.parse(`${'B'.repeat(43)}=`, 'test');
  const { url, project } = await startApiOnly({ keyRing });
  const value = 'open sesame';
  const call = (args: string[], io = {}) => carillon([...args, '--url', url, '--project', project], io);

  expect(await call(['secrets', 'put', 'token'])).toMatchObject({ code: 1, out: '' });
  const piped = await call(['secrets', 'put', 'token'], { stdin: () => `${value}\n`, env: { USER: 'ada' } });
  expect(piped).toEqual({ code: 0, out: 'stored token, version 1\n', err: '' });
  const questions: string[] = [];
  const askSecret = async (question: string) => {
    questions.push(question);
    return 'typed in secret';
  };
  expect((await call(['secrets', 'put', 'token'], { askSecret })).out).toBe('stored token, version 2\n');
  expect(questions).toEqual(['Value of token: ']);

  const listed = await call(['secrets', 'list']);
  expect(listed.out).toMatch(/NAME +VERSION +CHANGED +BY +KEY\ntoken +2 /);
  expect((await call(['secrets', 'rotate', '-o', 'json'])).code).toBe(0);
  expect((await call(['secrets', 'delete', 'token'])).out).toBe('deleted token\n');
  expect((await call(['secrets', 'delete', 'token'])).err).toContain('SECRET_NOT_FOUND');

  await expect
    .poll(async () => (await call(['audit', '--target', 'token'])).out, { timeout: 5000 })
    .toContain('delete');
  const audit = await call(['audit']);
  expect(audit.out.match(/secrets\.\w+/g)).toEqual(['secrets.delete', 'secrets.put', 'secrets.put']);
  const all = await call(['audit', '--all-projects', '--action', 'secrets.delete', '-n', '500']);
  expect(all.out).toContain(project);
  expect(JSON.stringify([piped, listed, audit, all])).not.toMatch(/sesame|typed/);
});

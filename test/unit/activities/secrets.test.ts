import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mask } from '../../../src/activities/secrets/mask.js';
import { maskedSecrets, resolveSecrets } from '../../../src/activities/secrets/resolve.js';
import { openSecrets } from '../../../src/activities/secrets/secrets.js';
import { ownFolder } from './folder.js';

const masked = (secret: string, text: string) => {
  const mask = new Mask();
  mask.add(secret);
  return mask.text(text);
};

test('a secret comes from the environment, else from its file', async () => {
  const { path } = ownFolder();
  writeFileSync(join(path, 'smtp.password'), 'from the file\n');
  writeFileSync(join(path, 'only-file'), 'two\nlines\n');
  mkdirSync(join(path, 'folder'));
  const secrets = openSecrets({ env: { CARILLON_SECRET_SMTP_PASSWORD: 'from the environment' }, folder: path });
  expect(await secrets.get('smtp.password')).toBe('from the environment');
  expect(await secrets.get('only-file')).toBe('two\nlines');
  for (const name of ['none', '../only-file', 'folder', 'folder/..', '', '.hidden', 'a b', 'nul\0', 'é'])
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'SECRET_UNKNOWN', details: { value: name } });
});

test.each(['abc', ' a\n ', 'x'.repeat(70_000)])('a value that cannot be masked is refused', async (value) => {
  const secrets = openSecrets({ env: { CARILLON_SECRET_A: value } });
  const error = await secrets.get('a').catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'SECRET_INVALID', details: { value: 'a' } });
  expect(error.message).not.toContain(value);
});

test('references are resolved however deep, and learnt by the mask', async () => {
  const mask = new Mask();
  const env = { CARILLON_SECRET_TOKEN: 'sesame-open', CARILLON_SECRET_A_B: 'another one' };
  const secrets = maskedSecrets(openSecrets({ env }), mask);
  const input = {
    url: 'https://example.org',
    headers: { authorization: 'Bearer secret://token', 'secret://token': 'x' },
    list: [1, null, ['secret://a.b', 'secret://a.b.']],
  };
  expect(await resolveSecrets(input, secrets)).toEqual({
    ...input,
    headers: { authorization: 'Bearer sesame-open', 'secret://token': 'x' },
    list: [1, null, ['another one', 'another one.']],
  });
  expect(mask.text('sesame-open and another one')).toBe('*** and ***');
  const plain = { a: ['no secret', 'nosecret://token'] };
  expect(await resolveSecrets(plain, secrets)).toBe(plain);
  await expect(resolveSecrets({ a: 'secret://missing' }, secrets)).rejects.toMatchObject({
    code: 'SECRET_UNKNOWN',
    message: expect.stringContaining('"missing"'),
  });
});

test('a secret is hidden in every form it takes', () => {
  const secret = 'p@ss w/"rd"+\\%é';
  const forms = [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    encodeURIComponent(secret).toLowerCase().replace('é', 'é'),
    new URLSearchParams({ secret }).toString(),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    ...['u:', 'us:', 'user:'].map((user) => Buffer.from(`${user}${secret}`).toString('base64')),
    Buffer.from(`user:${secret}:more`).toString('base64'),
  ];
  for (const form of forms) expect([form, masked(secret, `<${form}>`)]).toEqual([form, expect.stringContaining('***')]);
  expect(masked('multi-line\nsecret key', 'prints secret key\nand multi-line')).toBe('prints ***\nand ***');
  const mask = new Mask();
  mask.add('abcd');
  mask.add('abcdefgh');
  expect(mask.text('abcdefgh abcd')).toBe('*** ***');
  expect(mask.deep({ abcd: ['abcd', 1, null, { x: 'y abcd' }] })).toEqual({ '***': ['***', 1, null, { x: 'y ***' }] });
  expect(mask.cutText('a message that ends in abcdefg')).toBe('a message that ends in ***');
  expect(mask.cutText('it ends in abcd')).toBe('it ends in ***');
  expect(mask.cutText('it ends in abc')).toBe('it ends in abc');
});

test('no secret survives, whatever stands around it', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const secret = fc
    .string({ unit: 'grapheme', minLength: 8, maxLength: 40 })
    .filter((value) => value.trim().length > 7);
  fc.assert(
    fc.property(text, secret, text, (before, value, after) => {
      const text = before + value + after;
      const coded = masked(value, Buffer.from(text).toString('base64'));
      return !masked(value, text).includes(value) && coded.includes('***');
    }),
    { numRuns: 50 },
  );
}, 30_000);

test("Carillon's own keys are no secrets of tasks, whatever a job calls them", async () => {
  const env = { CARILLON_SECRET_KEY: 'seals everything', CARILLON_SECRET_KEY_FILE: '/run/seals' };
  const secrets = openSecrets({ env });
  for (const name of ['key', 'KEY', 'key.file', 'Key_File', 'key-file'])
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'SECRET_UNKNOWN', details: { value: name } });
});

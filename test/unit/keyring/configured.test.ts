import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { configuredKeyRing, sealsPayloads } from '../../../src/keyring/configured.js';

const [one, two] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

test('keys come as text, or a line each from a file; a message never shows them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'key');
  writeFileSync(file, `${one}\n${two}\n`);
  const fromFile = configuredKeyRing({ file });
  expect(fromFile?.durable).toBe(true);
  expect(fromFile?.currentId).toBe(configuredKeyRing({ keys: one })?.currentId);
  const sealed = configuredKeyRing({ keys: two })?.seal('secret', Buffer.from('x')) as Buffer;
  expect(fromFile?.open('secret', sealed).toString()).toBe('x');

  expect(configuredKeyRing({})).toBeUndefined();
  expect(configuredKeyRing({ keys: '', file: '' })).toBeUndefined();
  writeFileSync(file, 'not-a-key');
  for (const given of [{ file }, { keys: 'not-a-key' }, { file: join(folder, 'none') }]) {
    const error = (() => {
      try {
        configuredKeyRing(given);
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error?.message).not.toContain('not-a-key');
  }
});

test('payloads are sealed when it is said and there is a key', () => {
  const ring = configuredKeyRing({ keys: one });
  expect([undefined, '', '0', '1'].map((text) => sealsPayloads(text, ring))).toEqual([false, false, false, true]);
  expect(() => sealsPayloads('1', undefined)).toThrow(/Expected a key/);
  expect(() => sealsPayloads('yes', ring)).toThrow(/to be 0 or 1/);
});

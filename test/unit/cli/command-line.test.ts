import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findAddress } from '../../../src/cli/address.js';
import { relativeTime } from '../../../src/cli/relative.js';
import { carillon } from '../../cli/terminal.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'carillon-cli-'));
  folders.push(path);
  return path;
}

describe('the command line', () => {
  it.each([
    [['nonsense']],
    [['jobs', 'get']],
    [['next', '* * * * *', '-o', 'xml']],
    [['jobs', 'list', '--limit', 'few']],
    [['apply']],
  ])('answers %j with exit code 2 and nothing on stdout', async (argv) => {
    const { code, out, err } = await carillon(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('error:');
  });

  it('documents its exit codes in --help, and ends with 0', async () => {
    const { code, out } = await carillon(['--help']);
    expect(code).toBe(0);
    for (const text of ['Exit codes', 'jobs', 'runs', 'next', 'apply', 'doctor']) expect(out).toContain(text);
  });

  it('ends with 3 when no API answers, and says what to do', async () => {
    const { code, err } = await carillon(['jobs', 'list', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(3);
    expect(err).toContain('error API_UNREACHABLE');
    expect(err).toContain('→');
  });

  it('refuses an --input that is no JSON before it asks anyone', async () => {
    const { code, err } = await carillon([
      'jobs',
      'create',
      'a',
      '--task',
      'log',
      '--input',
      '{',
      '--now',
      '--url',
      'http://127.0.0.1:1',
    ]);
    expect(code).toBe(1);
    expect(err).toContain('INPUT_INVALID');
  });

  it('reports faults in files, of a whole folder in order, and duplicates, without an API', async () => {
    const cwd = await folder();
    await mkdir(join(cwd, 'jobs'));
    await writeFile(join(cwd, 'jobs', 'b.yml'), 'id: same\ntask: log\nschedule: {every: 1h}\n');
    await writeFile(join(cwd, 'jobs', 'a.yaml'), 'id: same\ntask: log\nschedule: {every: 1h}\n---\nid: x\ntask: log\n');
    const { code, out, err } = await carillon(['apply', '-f', 'jobs', '--url', 'http://127.0.0.1:1'], { cwd });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('jobs/a.yaml:5:1: INPUT_INVALID schedule:');
    expect(err).toContain('jobs/b.yml:1:5: FILE_INVALID id:');
    expect(err).toContain('jobs/a.yaml:1 has already');
    expect(err).toContain('nothing applied: 2 faults');
  });

  it.each([['missing.yaml'], ['.']])('refuses -f %s', async (path) => {
    const { code, err } = await carillon(['apply', '-f', path], { cwd: await folder() });
    expect(code).toBe(1);
    expect(err).toContain('error FILE_INVALID');
  });
});

describe('findAddress', () => {
  it('takes the flag, then the environment, then the state folder, then the default', async () => {
    const cwd = await folder();
    expect(findAddress({ env: {}, cwd }, undefined).url).toBe('http://127.0.0.1:7070');
    await mkdir(join(cwd, '.carillon'));
    await writeFile(join(cwd, '.carillon', 'addresses.json'), '{"api":"http://127.0.0.1:7171"}');
    expect(findAddress({ env: {}, cwd }, undefined).url).toBe('http://127.0.0.1:7171');
    const env = { CARILLON_URL: 'http://127.0.0.1:7272' };
    expect(findAddress({ env, cwd }, undefined).url).toBe('http://127.0.0.1:7272');
    expect(findAddress({ env, cwd }, 'http://127.0.0.1:7373').url).toBe('http://127.0.0.1:7373');
    expect(() => findAddress({ env, cwd }, 'nowhere')).toThrow(/--url/);
  });
});

describe('relativeTime', () => {
  it.each([
    [0, 'now'],
    [400, 'now'],
    [4000, 'in 4 s'],
    [-180_000, '3 min ago'],
    [7_200_000, 'in 2 h'],
    [-172_800_000, '2 d ago'],
  ])('%i ms away is %j', (distance, expected) => {
    expect(relativeTime(new Date(now + distance).toISOString(), now)).toBe(expected);
  });
});

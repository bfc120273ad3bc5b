import type { TaskContext } from '../../../core/task/context.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { fits } from './glob.js';

export interface Artifact {
  /** Below the workspace. */
  path: string;
  bytes: number;
  /** Where it is kept. */
  location: string;
}

/** Files kept of one run. */
const maximumArtifacts = 1000;

/** Puts the files that fit into the object store, as `artifacts/<path>`. Replaces those of an earlier attempt. */
export async function keepArtifacts(
  { files: store, log, signal }: Pick<TaskContext, 'files' | 'log' | 'signal'>,
  sandbox: Sandbox,
  patterns: string[],
): Promise<Artifact[]> {
  const kept: Artifact[] = [];
  if (patterns.length === 0) return kept;
  for await (const { path, body } of sandbox.files()) {
    signal.throwIfAborted();
    if (!patterns.some((pattern) => fits(pattern, path))) continue;
    if (kept.length === maximumArtifacts) {
      log.warn(`Kept ${maximumArtifacts} artifacts; the others are left out.`);
      break;
    }
    let bytes = 0;
    const counted = (async function* () {
      for await (const chunk of body()) {
        signal.throwIfAborted();
        bytes += chunk.length;
        yield chunk;
      }
    })();
    const location = await store.put(`artifacts/${path}`, counted);
    kept.push({ path, bytes, location });
  }
  const idle = patterns.filter((pattern) => !kept.some(({ path }) => fits(pattern, path)));
  if (idle.length > 0) log.warn('No file fits these patterns of `artifacts`.', { patterns: idle });
  return kept;
}

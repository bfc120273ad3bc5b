import type { SandboxOrder } from '../sandbox.js';
import { ask, type Engine, statusOf } from './engine.js';

export const runLabel = 'carillon.run';
const untilLabel = 'carillon.until';

/** Labels of everything a run has in an engine. */
export function labelsOf({ project, runId, until }: SandboxOrder): Record<string, string> {
  return { [runLabel]: nameOf({ project, runId }), [untilLabel]: String(until) };
}

/** Removes what earlier attempts of the run left, and what belongs to nobody any more. */
export async function removeRemains(
  engine: Engine,
  run: { project: string; runId: string },
  now: number,
): Promise<void> {
  const remains = (labels: Record<string, string> | undefined) =>
    labels?.[runLabel] === nameOf(run) || Number(labels?.[untilLabel]) < now;
  const filters = { label: [runLabel] };
  const containers = await ask('list containers', engine.listContainers({ all: true, filters }));
  for (const { Id } of containers.filter(({ Labels }) => remains(Labels))) await removeContainer(engine, Id);
  const { Volumes } = await ask('list volumes', engine.listVolumes({ filters }));
  for (const { Name } of (Volumes ?? []).filter(({ Labels }) => remains(Labels))) await removeVolume(engine, Name);
}

/** Ends it, if it runs. One that is gone is as good as removed. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  const call = engine.getContainer(id).remove({ force: true, v: true });
  await ask('remove a container', call.catch(unless(404, 409)));
}

export async function removeVolume(engine: Engine, name: string): Promise<void> {
  await ask('remove a volume', engine.getVolume(name).remove({ force: true }).catch(unless(404)));
}

/** Lets these answers pass. */
export function unless(...statuses: number[]): (error: unknown) => void {
  return (error) => {
    if (!statuses.includes(statusOf(error) ?? 0)) throw error;
  };
}

function nameOf({ project, runId }: { project: string; runId: string }): string {
  return `${project}/${runId}`;
}

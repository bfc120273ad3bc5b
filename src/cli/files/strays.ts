import type { JobItemView } from '../../api/views.js';
import type { JobState } from '../../core/states.js';
import type { Invocation } from '../invocation.js';
import type { JobDocument } from './job-file.js';

const open: JobState[] = ['scheduled', 'running', 'paused'];

/** All open jobs of the command's project with these labels, by id. */
export async function openJobs(
  { client, project }: Invocation,
  labels: Record<string, string> | undefined,
): Promise<JobItemView[]> {
  const found: JobItemView[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.jobs.list.query({ project, labels, state: open, limit: 500, cursor });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Open jobs of the command's project that carry the labels and are in none of the documents. */
export async function straysOf(
  invocation: Invocation,
  documents: JobDocument[],
  labels: Record<string, string>,
): Promise<JobItemView[]> {
  const named = new Set(documents.map(({ project, id }) => `${project}/${id}`));
  return (await openJobs(invocation, labels)).filter(({ project, id }) => !named.has(`${project}/${id}`));
}

import type { JobCarry } from '../../core/contract.js';

/** First line of the job in the Temporal Web UI. Temporal takes at most 400 bytes. */
export function summaryOf(task: string, words: string): string {
  return bounded(`${task} · ${words}`, 400);
}

/** What the Temporal Web UI shows of the job, in markdown. Temporal takes at most 20,000 bytes. */
export function detailsOf({ project, jobId, definition, words, createdBy }: JobCarry['job']): string {
  const labels = Object.entries(definition.labels);
  const lines = [
    `### ${jobId}`,
    definition.description,
    `- **Project**: ${project}`,
    `- **Task**: \`${definition.task}\` in the ${definition.lane} lane`,
    `- **When**: ${words}`,
    definition.owner && `- **Owner**: ${definition.owner}`,
    labels.length > 0 && `- **Labels**: ${labels.map(([key, value]) => `\`${key}=${value}\``).join(' ')}`,
    createdBy && `- **Created by**: ${createdBy}`,
  ];
  return bounded(lines.filter(Boolean).join('\n'), 20_000);
}

function bounded(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // A character cut in half decodes to U+FFFD; the ellipsis takes three bytes.
  return `${Buffer.from(text)
    .subarray(0, bytes - 3)
    .toString()
    .replace(/\uFFFD+$/u, '')}…`;
}

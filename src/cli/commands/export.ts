import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { SourceView } from '../../api/views.js';
import { requestWidth } from '../files/server-check.js';
import { openJobs } from '../files/strays.js';
import { collectLabel } from '../flag-values.js';
import { inParallel } from '../in-parallel.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';

/** What a document is written with: long lines stay whole, and no anchors, which nobody would have written. */
const style = { lineWidth: 0, aliasDuplicateObjects: false };

export function addExport(program: Command, io: Io): void {
  program
    .command('export')
    .argument('[job...]', 'ids; default: every open job')
    .description('jobs as YAML that applies to no change')
    .option('--selector <key=value>', 'without ids: only jobs with this label; may be repeated', collectLabel)
    .option('--with-project', 'name the project in each document')
    .action(async (ids: string[], flags: ExportFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, project, output } = invocation;
      const asked = ids.length > 0 ? ids : (await openJobs(invocation, flags.selector)).map(({ id }) => id);
      const sources: SourceView[] = [];
      await inParallel([...new Set(asked)], requestWidth, async (id, index) => {
        sources[index] = await client.jobs.source.query({ id, project });
      });
      const jobs = sources.map((source) => ({
        id: source.id,
        ...(flags.withProject && { project: source.project }),
        ...source.definition,
      }));
      if (output.isJson) output.data({ items: jobs }, () => '');
      else io.out(jobs.map((job) => stringify(escaped(job), style)).join('---\n'));
      io.err(`${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'}\n`);
    });
}

interface ExportFlags {
  selector?: Record<string, string>;
  withProject?: true;
}

/** Text that would be read as a variable is written so that it is not. Keys never are. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, escaped(inner)]));
}

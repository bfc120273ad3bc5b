import type { Command } from 'commander';
import { z } from 'zod';
import type { RunSummary } from '../../core/contract.js';
import type { Definition } from '../../core/definition.js';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime, seedOf } from '../../core/ids.js';
import { type Simulation, simulate } from '../../core/job/simulate.js';
import { prepareDefinition } from '../../core/prepare.js';
import { parseTime } from '../../core/schedule/time.js';
import { TaskRegistry } from '../../core/task/registry.js';
import { defineTask } from '../../core/task/task.js';
import { type DefinitionFlags, definitionOf, withDefinitionFlags } from '../definition-flags.js';
import { readSingleDocument } from '../files/read.js';
import { collectList, wholeNumber } from '../flag-values.js';
import { outputOf } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { calendarsOf } from '../schedule-argument.js';
import { whyOf } from '../wording.js';
import { took } from './runs.js';

interface SimulateFlags extends DefinitionFlags {
  file?: string;
  from?: string;
  to?: string;
  duration: string[];
  outage: string[];
  pause: string[];
  limit: number;
}

/** Plays a job through before it exists, by the rules of the job itself. */
export function addSimulate(program: Command, io: Io): void {
  withDefinitionFlags(program.command('simulate'))
    .description('play a job through in virtual time: what runs, overlaps, is skipped, is caught up; needs no server')
    .option('-f, --file <path>', 'job file with one document; flags outrank it')
    .option('--from <time>', 'the job is created then (ISO 8601; default now)')
    .option('--to <time>', 'the end (ISO 8601; default a day later)')
    .option('--duration <duration>', 'how long a run takes (default 1s); several are taken in turn', collectList, [])
    .option('--outage <from/to>', 'no worker is there in this time; may be repeated', collectList, [])
    .option('--pause <from/to>', 'the job is paused in this time; may be repeated', collectList, [])
    .option('-n, --limit <n>', 'lines of the table; json and yaml have all', wholeNumber, 200)
    .action(async (flags: SimulateFlags, command: Command) => {
      const { definition, words, from } = await definitionSaid(flags, command, io);
      const to = flags.to === undefined ? from + 86_400_000 : parseTime(flags.to, 'UTC', '--to');
      const simulation = simulate(definition, {
        ...{ from: isoTime(from), to: isoTime(to) },
        ...(flags.duration.length > 0 && { durations: flags.duration }),
        outages: flags.outage.map((text) => spanOf(text, '--outage')),
        pauses: flags.pause.map((text) => spanOf(text, '--pause')),
      });
      const output = outputOf(command, io);
      const answer = { words, from: isoTime(from), to: isoTime(to), ...simulation };
      output.data(answer, () => `${words}\n\n${simulationText(simulation, flags.limit, output)}`);
    });
}

/** The definition as a job has it that is created at `from`. Whether its task exists and takes its input, a server says. */
async function definitionSaid(
  flags: SimulateFlags,
  command: Command,
  io: Io,
): Promise<{ definition: Definition; words: string; from: number }> {
  const fromFile = flags.file === undefined ? {} : readSingleDocument(flags.file, io);
  const {
    id,
    project: own,
    ...submitted
  }: Record<string, unknown> = {
    task: 'simulated',
    ...fromFile,
    ...definitionOf(flags, io.cwd),
  };
  const from = flags.from === undefined ? io.now() : parseTime(flags.from, 'UTC', '--from');
  const project = String(own ?? command.optsWithGlobals<{ project: string }>().project);
  const resolved = {
    seed: seedOf(project, String(id ?? 'job')),
    ...(await calendarsOf(submitted.schedule, project, command, io)),
  };
  const task = defineTask({ name: standIn(submitted.task), input: z.unknown(), run: () => undefined });
  const prepared = prepareDefinition({ ...submitted, task: task.name }, new TaskRegistry([task]), from, resolved);
  return { definition: prepared.definition, words: prepared.words, from };
}

function standIn(task: unknown): string {
  return typeof task === 'string' ? task : 'simulated';
}

function spanOf(text: string, field: string): { from: string; to: string } {
  const [from, to, ...more] = text.split('/');
  if (from && to && more.length === 0) {
    return { from: isoTime(parseTime(from, 'UTC', field)), to: isoTime(parseTime(to, 'UTC', field)) };
  }
  throw new CarillonError(
    'TIME_INVALID',
    `Expected \`${field}\` to be two times with a slash between, got ${show(text)}.`,
    {
      field,
      value: text,
      hint: 'Write it like 2026-11-21T09:00:00Z/2026-11-21T10:00:00Z.',
    },
  );
}

function simulationText({ entries, counters, running, next }: Simulation, limit: number, output: Output): string {
  const shown = [...entries, ...running].slice(0, limit);
  const more = entries.length + running.length - shown.length;
  const { succeeded, failed, timedOut, cancelled, skipped, missed } = counters;
  const counts = output.fields([
    ['succeeded', succeeded || undefined],
    ['failed', failed || undefined],
    ['timed out', timedOut || undefined],
    ['cancelled', cancelled || undefined],
    ['skipped', skipped || undefined],
    ['missed', missed || undefined],
    ['running', running.length || undefined],
    ['next', next[0]],
  ]);
  const head = ['SCHEDULED', 'STATE', 'TRIGGER', 'STARTED', 'TOOK', 'WHY'];
  const table =
    shown.length > 0
      ? output.columns(
          head,
          shown.map((run) => rowOf(run, output)),
        )
      : 'nothing is due';
  return [table, ...(more > 0 ? [`and ${more} more`] : []), '', counts].join('\n');
}

function rowOf(run: RunSummary, output: Output): (string | undefined)[] {
  return [run.scheduledAt, output.state(run.state), run.trigger, run.startedAt, took(run), whyOf(run)];
}

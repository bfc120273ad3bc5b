import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

type Lane = 'light' | 'standard';
interface Herd {
  jobs: number;
  /** Occurrences that count; one before them warms up. */
  rounds: number;
  /** Time from one contender's occurrence to the next contender's, in seconds: long enough for all of it to end. */
  slot: number;
}
const herds: Herd[] = [
  { jobs: 1, rounds: 8, slot: 1 },
  { jobs: 20, rounds: 5, slot: 2 },
  { jobs: 60, rounds: 3, slot: 4 },
  { jobs: 200, rounds: 2, slot: 15 },
];
/** Starts under way at the same time, and time allowed for each, in milliseconds. */
const inFlight = 10;
const startMs = 40;
const overdueMs = 60_000;

/** When a contender's jobs are due: at `first` (ms) and every `period` seconds from there, `rounds` + 1 times. */
interface Timing {
  first: number;
  period: number;
  rounds: number;
}

interface Contender {
  name: string;
  start(stage: Stage, job: string, timing: Timing): Promise<(() => Promise<unknown>) | undefined>;
}
const ours = (lane: Lane): Contender => ({ name: `job ${lane}`, start: (...args) => createJob(lane, ...args) });
const bare = (lane: Lane): Contender => ({ name: `bare ${lane}`, start: (...args) => startLoop(lane, ...args) });
/** Schedules stand last and have two slots: a large herd of theirs takes long. */
const contenders = [
  bare('light'),
  ours('light'),
  bare('standard'),
  ours('standard'),
  { name: 'Schedules', start: createSchedule },
];

/** How long after its time does a run begin, when so many jobs are due in the same second? */
export async function dueLag(stage: Stage, quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const herd of quick ? [{ jobs: 5, rounds: 1, slot: 1 }] : herds) {
    const lags = await lagsOf(stage, herd);
    for (const lane of ['light', 'standard'] as const) {
      const line = { name: `${herd.jobs} due, ${lane}`, lags: lags.get(`job ${lane}`) as number[] };
      figures.push(...compare(line, 'bare loop', lags.get(`bare ${lane}`) as number[], '<= 1.2'));
      figures.push(...compare(line, 'Schedules', lags.get('Schedules') as number[], '<= 0.5'));
    }
  }
  return figures;
}

function compare(line: { name: string; lags: number[] }, peer: string, theirs: number[], aim: string): Figure[] {
  const shares = Object.entries({ p50: 0.5, p99: 0.99, max: 1 });
  return shares.map(([label, share]) => ({
    name: `${line.name}, ${label}`,
    unit: 'ms',
    ours: percentile(line.lags, share),
    peer,
    // A lag that rounds to nothing has no ratio.
    theirs: Math.max(1, percentile(theirs, share)),
    aim,
  }));
}

/** All contenders wait on the same server; their times come round in turns, so that what else the machine does meets all. */
async function lagsOf(stage: Stage, { jobs, rounds, slot }: Herd): Promise<Map<string, number[]>> {
  const period = slot * (contenders.length + 1);
  const leadMs = 2000 + jobs * contenders.length * startMs;
  const base = Math.ceil((Date.now() + leadMs) / 1000) * 1000;
  const withinMs = base + (rounds + 1) * period * 1000 - Date.now() + overdueMs;
  const ends: (() => Promise<unknown>)[] = [];
  const waits: Promise<[string, number[]]>[] = [];
  const starts: (() => Promise<void>)[] = [];
  for (const [place, { name, start }] of contenders.entries()) {
    const timing = { first: base + place * slot * 1000, period, rounds };
    const [from, until] = [timing.first + period * 1000, timing.first + (rounds + 1) * period * 1000];
    const prefix = stage.name();
    const fits = ({ at }: { at: number }) => at >= from && at < until;
    waits.push(stage.runs(prefix, jobs * rounds, { withinMs, fits }).then((lags) => [name, lags]));
    for (let index = 0; index < jobs; index++) {
      starts.push(async () => {
        const end = await start(stage, `${prefix}-${index}`, timing);
        if (end) ends.push(end);
      });
    }
  }
  const starter = async () => {
    for (let start = starts.shift(); start; start = starts.shift()) await start();
  };
  const [lags] = await Promise.all([Promise.all(waits), ...Array.from({ length: inFlight }, starter)]);
  await Promise.all(ends.map((end) => end()));
  return new Map(lags);
}

async function createJob(lane: Lane, { client }: Stage, id: string, { first, period, rounds }: Timing) {
  const end = new Date(first + rounds * period * 1000).toISOString();
  const schedule = { every: `${period}s`, anchor: new Date(first).toISOString(), end };
  await client.jobs.create.mutate({ id, task: `bench.${lane}` as 'bench.light', input: {}, schedule });
  return undefined;
}

async function startLoop(lane: Lane, { temporal, bareQueue }: Stage, id: string, { first, period, rounds }: Timing) {
  const args = [lane, id, first, period * 1000, rounds + 1];
  await temporal.workflow.start('bareLoop', { workflowId: id, taskQueue: bareQueue, args, workflowTaskTimeout: '2s' });
  return undefined;
}

async function createSchedule({ temporal, bareQueue }: Stage, id: string, { first, period }: Timing) {
  const handle = await temporal.schedule.create({
    scheduleId: id,
    spec: { intervals: [{ every: period * 1000, offset: first % (period * 1000) }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'bareScheduled',
      taskQueue: bareQueue,
      args: [id],
      workflowTaskTimeout: '2s',
    },
  });
  return () => handle.delete();
}

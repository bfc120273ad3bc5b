import { type JobCounters, planLength, type RunSummary } from '../contract.js';
import { type Definition, type DefinitionInput, definitionSchema, type PausedPolicy } from '../definition.js';
import { CarillonError } from '../errors.js';
import { isoTime } from '../ids.js';
import { boundedCatchUp, parseWith, planFor } from '../prepare.js';
import { normaliseSchedule, planSchedule } from '../schedule/index.js';
import type { NormalSchedule } from '../schedule/schema.js';
import { parseTime } from '../schedule/time.js';
import { attemptTimeout } from '../task/task.js';
import { firstCarry } from './first-carry.js';
import { JobState } from './job-state.js';
import { statusOf } from './views.js';
import { type Durations, VirtualRuns } from './virtual-runs.js';

/** Occurrences of one simulation. */
const occurrenceLimit = 100_000;

export interface Span {
  /** RFC 3339. */
  from: string;
  to: string;
}

export interface SimulationOptions extends Span {
  /**
   * How long runs take, ISO 8601 or short form: all alike, one after another from a list that begins anew, or as a
   * function of the run says, which may let its attempt fail. Default 1 s.
   */
  durations?: Durations;
  /** Times in which no worker is there: nothing is decided and nothing runs; runs under way are interrupted. */
  outages?: Span[];
  /** Times in which the job is paused by hand. Without `to` it stays so. */
  pauses?: { from: string; to?: string; missed?: PausedPolicy }[];
  /** What `H`, jitter and window are drawn from, `project/jobId`. Default: the definition's own. */
  seed?: string;
}

export interface Simulation {
  /** What the ledger would hold in the end, ascending in `scheduledAt`. */
  entries: RunSummary[];
  counters: JobCounters;
  /** Runs under way at `to`. */
  running: RunSummary[];
  /** The next times at which the job would run. */
  next: string[];
}

/**
 * Plays a job through in virtual time: what runs, is skipped, overlaps and is caught up. The rules are those of the
 * job itself, the same code. Pure: equal arguments give an equal answer.
 * @param definition as a person writes it or as it was prepared; the job is created at `from`. A lane that is not named is
 *   `standard`: the task is not asked
 * @throws CarillonError TIME_INVALID, DURATION_INVALID, INPUT_INVALID, or LIMIT_EXCEEDED beyond 100,000 occurrences
 */
export function simulate(definition: Definition | DefinitionInput, options: SimulationOptions): Simulation {
  return new Simulator(definition, options).play();
}

interface Script {
  at: number;
  act: (now: number) => void;
}

class Simulator {
  readonly #state: JobState;
  readonly #runs: VirtualRuns;
  readonly #outages: { from: number; to: number }[];
  readonly #script: Script[];
  readonly #from: number;
  readonly #to: number;
  readonly #entries: RunSummary[] = [];

  constructor(raw: Definition | DefinitionInput, options: SimulationOptions) {
    [this.#from, this.#to] = spanOf(options, '');
    const definition = definitionOf(raw, this.#from, options.seed);
    this.#outages = (options.outages ?? [])
      .map((span, index) => spanOf(span, `outages.${index}.`))
      .map(([from, to]) => ({ from, to }))
      .sort((a, b) => a.from - b.from);
    this.#refuseEndless(definition.schedule);
    const after = isoTime(this.#from - (definition.schedule.immediate ? 1 : 0));
    const plan = planFor(definition, { after, count: planLength });
    const [project = '', jobId = 'job'] = definition.schedule.resolved?.seed.split('/') ?? [];
    const carry = firstCarry({ project, jobId }, { definition, digest: '', words: '', plan }, {}, this.#from);
    this.#state = new JobState(structuredClone(carry));
    this.#runs = new VirtualRuns(this.#state, options.durations ?? 'PT1S');
    this.#script = this.#scriptOf(options.pauses ?? []);
  }

  #scriptOf(pauses: NonNullable<SimulationOptions['pauses']>): Script[] {
    const steps = pauses.flatMap(({ from, to, missed }, index): Script[] => {
      const start = timeOf(from, `pauses.${index}.from`);
      const pause = { at: start, act: (now: number) => this.#state.pause(now, { missed }) };
      if (to === undefined) return [pause];
      const [, end] = spanOf({ from, to }, `pauses.${index}.`);
      return [pause, { at: end, act: (now: number) => this.#state.resume(now) }];
    });
    return steps.sort((a, b) => a.at - b.at);
  }

  play(): Simulation {
    for (let now: number | undefined = this.#awake(this.#from); now !== undefined; now = this.#next(now)) {
      this.#at(now);
      this.#collect();
    }
    const { counters, running, nextTimes } = statusOf(this.#state);
    const entries = this.#entries.sort((a, b) => (a.scheduledAt < b.scheduledAt ? -1 : 1));
    return { entries, counters, running, next: nextTimes };
  }

  /** All that happens at one moment, in the workflow's order. */
  #at(now: number): void {
    const interrupted = this.#outages.find(({ to }) => to === now);
    if (interrupted) this.#runs.interrupted(interrupted.from, now);
    this.#runs.settleUntil(now, this.#entries);
    if (this.#runs.clockStands) return;
    const over = this.#state.pauseOver(now);
    if (over !== undefined) this.#decide(over);
    this.#state.resumeIfDue(now);
    this.#state.probeIfDue(now);
    for (let step = this.#script[0]; step && step.at <= now && !this.#state.closed; step = this.#script[0]) {
      const held = this.#state.heldUntil(now);
      // A command waits for a run that a worker holds already.
      if (held !== undefined && held > step.at && held > now) break;
      this.#script.shift();
      this.#decide(now);
      step.act(now);
    }
    do {
      this.#decide(now);
      this.#runs.start(now);
      this.#runs.settleUntil(now, this.#entries);
      this.#collect();
    } while (!this.#runs.clockStands && this.#state.hasWork(now) && !this.#state.closed && this.#ends(now));
    this.#state.closeIfExhausted(now);
  }

  /** A job whose schedule is over has work left once: to close. */
  #ends(now: number): boolean {
    this.#state.closeIfExhausted(now);
    return !this.#state.closed;
  }

  #decide(now: number): void {
    const state = this.#state;
    state.decideDue(now);
    this.#collect();
    while (state.needsPlan(now)) {
      state.timetable.add(planFor(state.job.definition, { after: state.timetable.plannedUntil, count: 500 }));
      state.decideDue(now);
      this.#collect();
    }
  }

  /** The ledger takes what waits, at once. */
  #collect(): void {
    const { outbox, carry } = this.#state;
    for (const { seq, definitionVersion, input, ...entry } of carry.outbox) this.#entries.push(plain(entry));
    outbox.acknowledge(Number.POSITIVE_INFINITY);
    carry.syncBy = null;
    if (this.#entries.length > occurrenceLimit) throw this.#tooMany();
  }

  /** Counting is quicker than playing: what goes too far is refused before it begins. */
  #refuseEndless(schedule: NormalSchedule): void {
    if (schedule.maxRuns !== undefined) return;
    for (let seen = 0, after = this.#from, over = false; !over; ) {
      const { occurrences, exhausted } = planSchedule(schedule, after, 1000);
      const within = occurrences.filter(({ at }) => at <= this.#to);
      seen += within.length;
      if (seen > occurrenceLimit) throw this.#tooMany();
      over = exhausted || occurrences.length === 0 || within.length < occurrences.length;
      after = occurrences.at(-1)?.at ?? after;
    }
  }

  #tooMany(): CarillonError {
    return new CarillonError('LIMIT_EXCEEDED', `The simulation goes beyond ${occurrenceLimit} occurrences.`, {
      field: 'to',
      value: isoTime(this.#to),
      hint: 'Simulate a shorter time.',
    });
  }

  /** The next moment at which something happens; undefined: none before the end. */
  #next(now: number): number | undefined {
    const state = this.#state;
    const scripted = state.closed ? undefined : this.#script[0]?.at;
    const held = state.heldUntil(now);
    const command = scripted !== undefined && scripted <= now ? held : scripted;
    const back = this.#runs.length > 0 ? this.#outages.find(({ to }) => to > now)?.to : undefined;
    const clock = this.#runs.clockStands ? undefined : state.nextWake(now);
    const moments = [clock, command, back, this.#runs.nextEnd].filter((moment) => moment !== undefined);
    if (moments.length === 0) return undefined;
    const next = this.#awake(Math.max(now + 1, Math.min(...moments)));
    return next <= this.#to ? next : undefined;
  }

  #awake(now: number): number {
    return this.#outages.reduce((time, { from, to }) => (time >= from && time < to ? to : time), now);
  }
}

/** The definition with everything a job needs to know; the input is not looked at. */
function definitionOf(raw: Definition | DefinitionInput, from: number, seed: string | undefined): Definition {
  const { resolved, ...schedule } = raw.schedule as NormalSchedule;
  const submitted = parseWith(definitionSchema, { ...raw, schedule }, 'INPUT_INVALID');
  const lane = submitted.lane ?? 'standard';
  const attempt = attemptTimeout(lane, submitted.timeouts.attempt);
  const normal = normaliseSchedule(submitted.schedule, from, { ...resolved, seed: seed ?? resolved?.seed ?? '' });
  return {
    ...submitted,
    input: submitted.input,
    lane,
    schedule: normal,
    catchUp: boundedCatchUp(submitted.catchUp, normal),
    timeouts: { ...submitted.timeouts, attempt },
  };
}

function plain(entry: RunSummary): RunSummary {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as unknown as RunSummary;
}

function timeOf(text: string, field: string): number {
  return parseTime(text, 'UTC', field);
}

function spanOf({ from, to }: Span, path: string): [from: number, to: number] {
  const span: [number, number] = [timeOf(from, `${path}from`), timeOf(to, `${path}to`)];
  if (span[0] < span[1]) return span;
  throw new CarillonError('INPUT_INVALID', `Expected \`${path}to\` after \`${path}from\`, got ${to} and ${from}.`, {
    field: `${path}to`,
    value: to,
    hint: 'Name a later time.',
  });
}

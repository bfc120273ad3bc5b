import { durationMs, formatDuration } from '../../../core/duration.js';
import type { TaskContext } from '../../../core/task/context.js';
import type { Sandbox, StepEnd } from '../../sandbox/sandbox.js';
import type { StepFacts, StepOutcome } from './condition.js';
import { commandOf, type StepInput } from './input.js';
import { LineLog } from './line-log.js';
import { fillIn, readOutputs } from './variables.js';

/** How a step ended, in the run's result. */
export interface StepReport {
  name: string;
  outcome: StepOutcome;
  /** Null: killed, or never started. */
  exitCode?: number | null;
  reason?: string;
  /** ISO 8601. */
  duration?: string;
}

export interface StepRun {
  report: StepReport;
  outputs: Map<string, string>;
}

/** Runs one step and logs what it prints, line by line, with `step` and `stream`. */
export async function runStep(
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
  sandbox: Sandbox,
  step: StepInput,
  { image, env, facts }: { image?: string; env: Record<string, string>; facts: StepFacts },
): Promise<StepRun> {
  const { name, workdir, timeout } = step;
  const lines = new LineLog({
    line: (stream, text) => log(text, { step: name, stream }),
    cut: () => log.warn('The step prints too much: the rest is left out of the log.', { step: name }),
  });
  const command = commandOf(step);
  const begun = performance.now();
  const end = await sandbox.run({
    ...{ name, image, workdir, signal },
    argv: command.argv,
    env: { ...env, ...fillIn({ ...command.env, ...step.env }, facts) },
    timeoutMs: durationMs(timeout),
    print: (stream, chunk) => lines.print(stream, chunk),
  });
  lines.end();
  const { outputs, faults } = readOutputs(end.output);
  if (faults.length > 0) {
    log.warn('Expected name=value in $CARILLON_OUTPUT, got something else.', {
      step: name,
      lines: faults.slice(0, 10),
    });
  }
  const { exitCode, reason } = end;
  const duration = formatDuration(Math.round(performance.now() - begun));
  const report = { name, outcome: outcomeOf(end), exitCode, ...(reason !== undefined && { reason }), duration };
  const { outcome } = report;
  log[outcome === 'success' ? 'info' : 'error'](`Step ${name}: ${outcome}.`, {
    step: name,
    ...report,
    name: undefined,
  });
  return { report, outputs };
}

function outcomeOf({ timedOut, exitCode }: StepEnd): StepOutcome {
  if (timedOut) return 'timeout';
  return exitCode === 0 ? 'success' : 'failure';
}

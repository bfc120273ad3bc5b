import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import { defineTask } from '../../../core/task/task.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { type Artifact, keepArtifacts } from './artifacts.js';
import type { StepFacts } from './condition.js';
import { conditionOf, type StepInput, type StepsInput, stepsInput } from './input.js';
import { openSandbox } from './open-sandbox.js';
import { runStep, type StepReport } from './run-step.js';

export interface StepsResult {
  /** Where the steps ran. */
  sandbox: Sandbox['kind'];
  steps: StepReport[];
  artifacts: Artifact[];
}

/**
 * Runs steps one after the other on one workspace, each in a container or in a process. Fails with STEP_FAILED,
 * STEP_TIMEOUT, STEPS_UNAVAILABLE, IMAGE_FORBIDDEN, NETWORK_FORBIDDEN or ENGINE_FAILED. Each attempt begins anew.
 */
export const stepsTask = defineTask({
  name: 'steps',
  description: 'Runs programs one after the other, in containers or processes, and keeps what they make.',
  lane: 'heavy',
  input: stepsInput,
  async run(context, input): Promise<StepsResult> {
    const { sandbox, images } = await openSandbox(context, input);
    try {
      const { reports, failed } = await runAll(context, sandbox, input, images);
      const artifacts = await keepArtifacts(context, sandbox, input.artifacts);
      if (failed) throw failure(failed.report, failed.index, failed.step);
      return { sandbox: sandbox.kind, steps: reports, artifacts };
    } finally {
      await sandbox.close();
    }
  },
});

interface FailedStep {
  report: StepReport;
  index: number;
  step: StepInput;
}

async function runAll(
  context: TaskContext,
  sandbox: Sandbox,
  { steps, env }: StepsInput,
  images: string[] | undefined,
): Promise<{ reports: StepReport[]; failed?: FailedStep }> {
  const done = new Map<string, { outcome: StepReport['outcome']; outputs: Map<string, string> }>();
  const reports: StepReport[] = [];
  let failed: FailedStep | undefined;
  for (const [index, step] of steps.entries()) {
    context.signal.throwIfAborted();
    context.progress(index, steps.length, step.name);
    const facts: StepFacts = { failed: failed !== undefined, steps: done };
    if (!conditionOf(step).holds(facts)) {
      reports.push({ name: step.name, outcome: 'skipped' });
      done.set(step.name, { outcome: 'skipped', outputs: new Map() });
      continue;
    }
    const { report, outputs } = await runStep(context, sandbox, step, { image: images?.[index], env, facts });
    reports.push(report);
    done.set(step.name, { outcome: report.outcome, outputs });
    if (report.outcome !== 'success' && !step.continueOnError) failed ??= { report, index, step };
  }
  context.progress(steps.length, steps.length);
  return { reports, failed };
}

function failure({ name, outcome, exitCode, reason }: StepReport, index: number, step: StepInput): CarillonError {
  if (outcome === 'timeout') {
    return new CarillonError('STEP_TIMEOUT', `Step ${name} took longer than its \`timeout\` ${step.timeout}.`, {
      field: `input.steps.${index}.timeout`,
      value: step.timeout,
      hint: 'The log shows what it printed until then.',
    });
  }
  const got = exitCode === null ? (reason ?? 'no exit code') : `${exitCode}${reason ? ` (${reason})` : ''}`;
  return new CarillonError('STEP_FAILED', `Expected step ${name} to end with exit code 0, got ${got}.`, {
    field: `input.steps.${index}`,
    value: exitCode,
    hint: 'The log shows what it printed.',
  });
}

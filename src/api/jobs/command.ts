import type {
  CancelCommand,
  CancelRunCommand,
  CommandMeta,
  CommandName,
  PauseCommand,
  RescheduleCommand,
  ResumeCommand,
  TriggerCommand,
  UpdateCommand,
} from '../../core/commands.js';
import type { JobSnapshot, RunSummary } from '../../core/contract.js';
import { triggeredRunId } from '../../core/ids.js';
import { checkInput } from '../../core/prepare.js';
import type { InnerContext } from '../context.js';
import type { JobRefs } from '../temporal/gateway.js';
import type { CommandView, TriggerView } from '../views.js';
import { absence, readJob, storedJob } from './read.js';
import { currentDefinition } from './redefine.js';
import { viewJob } from './view.js';

interface Payloads {
  pause: PauseCommand;
  resume: ResumeCommand;
  cancel: CancelCommand;
  reschedule: RescheduleCommand;
  update: UpdateCommand;
  cancelRun: CancelRunCommand;
}

/** Sends a command and tells what became of the job. */
export async function commandJob<Name extends keyof Payloads>(
  context: InnerContext,
  ref: JobRefs,
  name: Name,
  payload: Payloads[Name],
): Promise<CommandView> {
  const answer = await send<JobSnapshot>(context, ref, name, payload);
  if (answer === 'unconfirmed') return { job: await lastKnown(context, ref), confirmed: false };
  await context.projection.save(answer);
  return { job: viewJob(answer, context.consoles), confirmed: true };
}

/** Starts a run by hand. A key that the ledger has already is answered from there. */
export async function triggerJob(
  context: InnerContext,
  ref: JobRefs,
  { key, input, ...meta }: TriggerCommand,
): Promise<TriggerView> {
  const commandId = meta.commandId ?? context.randomText(16);
  const runId = triggeredRunId(ref.jobId, key ?? commandId);
  const recorded = key === undefined ? undefined : await recordedRun(context, ref, runId);
  if (recorded) {
    return { job: viewJob(await readJob(context, ref), context.consoles), confirmed: true, runId, run: recorded };
  }
  await context.quota.assertRuns(ref.project);
  if (input !== undefined) {
    await context.quota.assertPayload(ref.project, input);
    const { definition } = await currentDefinition(context, ref);
    checkInput(input, context.registry.get(definition.task).input);
  }
  const payload = { ...meta, commandId, key: key ?? commandId, input };
  const answer = await send<{ snapshot: JobSnapshot; run: RunSummary | null }>(context, ref, 'trigger', payload);
  if (answer === 'unconfirmed') return { job: await lastKnown(context, ref), confirmed: false, runId, run: null };
  await context.projection.save(answer.snapshot);
  return { job: viewJob(answer.snapshot, context.consoles), confirmed: true, runId, run: answer.run };
}

async function send<Answer>(
  context: InnerContext,
  ref: JobRefs,
  name: CommandName,
  payload: CommandMeta,
): Promise<Answer | 'unconfirmed'> {
  const commandId = payload.commandId ?? context.randomText(16);
  const answer = await context.gateway.command<Answer>(ref, name, { ...payload, commandId });
  if (answer === undefined) throw await absence(context, ref);
  return answer;
}

async function lastKnown(context: InnerContext, ref: JobRefs) {
  const row = await storedJob(context, ref);
  return row ? viewJob(row, context.consoles) : null;
}

async function recordedRun(
  context: InnerContext,
  { project }: JobRefs,
  runId: string,
): Promise<RunSummary | undefined> {
  try {
    return await context.store.runs.get(project, runId);
  } catch {
    // The workflow remembers recent keys itself; the ledger only reaches further back.
    return undefined;
  }
}

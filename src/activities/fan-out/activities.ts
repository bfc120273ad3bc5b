import { ApplicationFailure, Context } from '@temporalio/activity';
import { CarillonError } from '../../core/errors.js';
import type { FanOutActivities, FanOutRun } from '../../core/fan-out/contract.js';
import type { TaskFiles } from '../../core/task/services.js';
import type { RunDependencies } from '../execute-run.js';
import { runErrorOf } from '../failure.js';
import { Mask } from '../secrets/mask.js';
import { maskedSecrets, resolveSecrets } from '../secrets/resolve.js';
import { PageWriter } from './item-pages.js';
import { itemLines } from './item-source.js';
import { runMembers } from './run-members.js';

const beatMs = 1000;
/** Another attempt would meet the same. */
const lasting = new Set(['TASK_UNKNOWN', 'FAN_OUT_SOURCE_INVALID', 'CONNECTION_UNKNOWN', 'SECRET_UNKNOWN']);

/** What the workflows of a fan-out need of a worker. */
export function createFanOutActivities(deps: RunDependencies): FanOutActivities {
  const { registry, services } = deps;
  const filesOf = (run: FanOutRun) => services.files(run);

  return {
    readItems: ({ run, items, member }) => {
      const mask = new Mask();
      return told(async () => {
        const { info, cancellationSignal } = Context.current();
        const lane = registry.get(member.task).lane === 'heavy' ? 'heavy' : 'standard';
        // Each attempt has a folder of its own: one that was given up may still be writing.
        const folder = `fan-out-${info.attempt}`;
        const pages = new PageWriter(filesOf(run), folder);
        const secrets = maskedSecrets(services.secretsOf(run.project), mask);
        const source = await resolveSecrets(items, secrets);
        const lines = itemLines(source, { ...services, secrets }, cancellationSignal);
        for await (const line of lines) await pages.add(line);
        await pages.end();
        return { folder, total: pages.total, lane };
      }, mask);
    },

    runMembers: (request) => failing(() => runMembers(deps, request)),

    joinFailures: ({ run, logs, name }) =>
      told(() => filesOf(run).put(name, joined(filesOf(run), logs), { contentType: 'application/x-ndjson' })),
  };
}

async function* joined(files: TaskFiles, names: string[]): AsyncGenerator<Uint8Array> {
  for (const name of names) yield* await files.get(name);
}

/** Beats while it works, so that cancellation and a lost worker are noticed. */
async function told<Answer>(work: () => Promise<Answer>, mask?: Mask): Promise<Answer> {
  const { heartbeat } = Context.current();
  const beat = setInterval(() => heartbeat(), beatMs);
  return failing(work, mask).finally(() => clearInterval(beat));
}

/** Errors reach the workflow with their codes, and without the secrets that were read. */
async function failing<Answer>(work: () => Promise<Answer>, mask = new Mask()): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const { cancellationSignal } = Context.current();
    if (cancellationSignal.aborted || error instanceof ApplicationFailure) throw error;
    const { code, message } = runErrorOf(error);
    const details = error instanceof CarillonError ? [mask.deep(error.details)] : [];
    throw ApplicationFailure.create({
      message: mask.cutText(message),
      type: code,
      nonRetryable: lasting.has(code),
      details,
    });
  }
}

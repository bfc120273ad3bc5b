import { codeVersion, type JobCarry, type JobSnapshot, type PreparedDefinition } from '../contract.js';
import { isoTime } from '../ids.js';
import { zeroCounters } from '../projection.js';

/** How a job begins: what its workflow is started with. Equal arguments give an equal beginning. */
export function firstCarry(
  { project, jobId }: { project: string; jobId: string },
  prepared: PreparedDefinition,
  by: { idempotencyKey?: string; createdBy?: string },
  now: number,
): JobCarry {
  const { definition, digest, words, plan } = prepared;
  const createdAt = isoTime(now);
  return {
    job: {
      project,
      jobId,
      revision: 2,
      state: 'scheduled',
      definition,
      definitionVersion: 1,
      digest,
      words,
      idempotencyKey: by.idempotencyKey,
      createdAt,
      createdBy: by.createdBy,
      definedAt: createdAt,
      definedBy: by.createdBy,
      counters: { ...zeroCounters },
      pause: null,
      closedAt: null,
      closeReason: null,
    },
    plan,
    // An immediate job is due at `now` itself.
    cursor: definition.schedule.immediate ? isoTime(now - 1) : createdAt,
    running: [],
    waiting: [],
    recent: [],
    outbox: [],
    nextSeq: 1,
    syncBy: null,
    recentCommands: [],
    lastRefusal: null,
    codeVersion,
  };
}

export function firstSnapshot({ job, plan }: JobCarry): JobSnapshot {
  const next = plan.entries.find(({ excluded }) => excluded === undefined);
  return { ...job, nextRunAt: next?.at ?? null, running: 0, lastRun: null };
}

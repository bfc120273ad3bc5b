import type { JobSnapshot } from '../../core/contract.js';
import type { Definition } from '../../core/definition.js';
import { workflowId } from '../../core/ids.js';
import { plainSchedule } from '../../core/submitted.js';
import type { Consoles } from '../context.js';
import type { JobItemView, JobView } from '../views.js';

/** A job as clients see it. */
export function viewJob(snapshot: JobSnapshot, consoles: Consoles): JobView {
  return {
    ...standing(snapshot),
    definition: viewDefinition(snapshot.definition),
    calendars: calendarsOf(snapshot.definition),
    idempotencyKey: snapshot.idempotencyKey,
    links: linksOf(workflowId(snapshot.project, snapshot.jobId), consoles),
  };
}

/** Without what the schedule was resolved to: that is nobody's to write. */
export function viewDefinition(definition: Definition): JobView['definition'] {
  return { ...definition, schedule: plainSchedule(definition.schedule) };
}

function calendarsOf({ schedule }: Definition): JobView['calendars'] {
  const calendars = Object.entries(schedule.resolved?.calendars ?? {});
  return calendars.length > 0
    ? Object.fromEntries(calendars.map(([name, { revision }]) => [name, revision]))
    : undefined;
}

/** A job as lists show it. */
export function viewJobItem(snapshot: JobSnapshot): JobItemView {
  const { task, lane, priority, owner, description, labels } = snapshot.definition;
  return { ...standing(snapshot), task, lane, priority, owner, description, labels };
}

function standing(snapshot: JobSnapshot) {
  const { jobId, definition: _definition, idempotencyKey: _key, ...rest } = snapshot;
  return { ...rest, id: jobId };
}

/** Where a workflow can be looked at. */
export function linksOf(id: string, consoles: Consoles): JobView['links'] {
  const { temporalAddress, namespace, temporalUi } = consoles;
  return {
    workflowId: id,
    temporalUi: temporalUi
      ? `${temporalUi.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(id)}`
      : null,
    temporalCli: `temporal workflow describe --workflow-id ${id} --namespace ${namespace} --address ${temporalAddress}`,
  };
}

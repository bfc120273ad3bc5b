import { WorkflowNotFoundError } from '@temporalio/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Rig, startRig } from '../rig/rig.js';

const good = { task: 'log', input: { message: 'hi' }, schedule: { immediate: true } };
const large = { message: 'x', fields: { a: 'x'.repeat(300_000) } };

interface Answer {
  status: number;
  carillon?: { code: string; field?: string; hint?: string };
  /** `result.data` of an answer that is no error. */
  data?: unknown;
}

/** One rig for all: a bad request that left anything behind would show in the good ones that follow. */
let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  return () => rig.close();
});

/** A request as any HTTP client may send it, without the typed client's help. */
async function post(procedure: string, body: object): Promise<Answer> {
  const response = await fetch(`${rig.url}/trpc/${procedure}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ project: rig.project, ...body }),
  });
  const { error, result } = (await response.json()) as {
    error?: { data: { carillon: Answer['carillon'] } };
    result?: { data: unknown };
  };
  return { status: response.status, carillon: error?.data.carillon, data: result?.data };
}

function expectRefusal(answer: Answer, status: number, code: string, field: string): void {
  const { carillon } = answer;
  expect({ status: answer.status, code: carillon?.code, field: carillon?.field }).toEqual({ status, code, field });
  expect(carillon?.hint).toBeTruthy();
}

async function historyLength(id: string): Promise<number> {
  return (await rig.handle(id).describe()).historyLength;
}

describe('a bad creation over plain HTTP', () => {
  test.each([
    ['malformed-cron', { schedule: { cron: '0 25 * * *' } }, 400, 'CRON_INVALID', 'schedule.cron'],
    [
      'unknown-zone',
      { schedule: { cron: '0 9 * * *', timezone: 'Mars/Base' } },
      400,
      'TIMEZONE_UNKNOWN',
      'schedule.timezone',
    ],
    ['malformed-interval', { schedule: { every: '5 parsecs' } }, 400, 'INPUT_INVALID', 'schedule.every'],
    ['no-schedule', { schedule: undefined }, 400, 'INPUT_INVALID', 'schedule'],
    ['wrong-input', { input: { message: 5 } }, 400, 'TASK_INPUT_INVALID', 'input.message'],
    ['no-input', { input: undefined }, 400, 'TASK_INPUT_INVALID', 'input'],
    ['large-input', { input: large }, 413, 'PAYLOAD_TOO_LARGE', 'input'],
    ['unknown-task', { task: 'nope' }, 400, 'TASK_UNKNOWN', 'task'],
    ['slow-light', { lane: 'light', timeouts: { attempt: 'PT3S' } }, 400, 'LIGHT_BOUND_EXCEEDED', 'timeouts.attempt'],
  ])('is refused with code, field and hint; the id stays free: %s', async (id, fault, status, code, field) => {
    expectRefusal(await post('jobs.create', { ...good, id, ...fault }), status, code, field);
    expect(await rig.store.jobs.get(rig.project, id)).toBeUndefined();
    await expect(rig.handle(id).describe()).rejects.toBeInstanceOf(WorkflowNotFoundError);

    expect(await post('jobs.create', { ...good, id })).toMatchObject({ status: 200, data: { id } });
    expect(await rig.ended(id, 1)).toMatchObject([{ state: 'succeeded', attempt: 1 }]);
  });

  test('an id that is taken is refused, and the job that has it goes on', async () => {
    await post('jobs.create', { ...good, id: 'taken', schedule: { every: '1h' } });
    const before = await rig.store.jobs.get(rig.project, 'taken');
    expectRefusal(await post('jobs.create', { ...good, id: 'taken' }), 409, 'JOB_EXISTS', 'id');
    expect(await rig.store.jobs.get(rig.project, 'taken')).toEqual(before);
    expect(await post('jobs.trigger', { id: 'taken', key: 'k' })).toMatchObject({ status: 200 });
    expect(await rig.ended('taken', 1)).toMatchObject([{ state: 'succeeded' }]);
  });
});

describe('a bad command over plain HTTP', () => {
  test.each([
    ['malformed cron', 'reschedule', { schedule: { cron: '* * *' } }, 400, 'CRON_INVALID', 'schedule.cron'],
    [
      'unknown zone',
      'reschedule',
      { schedule: { every: '1h', timezone: 'Mars/Base' } },
      400,
      'TIMEZONE_UNKNOWN',
      'schedule.timezone',
    ],
    [
      'time that has passed',
      'reschedule',
      { schedule: { at: '2001-01-01T00:00:00Z' } },
      400,
      'SCHEDULE_NEVER_FIRES',
      'schedule',
    ],
    ['wrong input', 'update', { ...good, input: { message: 5 } }, 400, 'TASK_INPUT_INVALID', 'input.message'],
    ['large input', 'update', { ...good, input: large }, 413, 'PAYLOAD_TOO_LARGE', 'input'],
    ['unknown task', 'update', { ...good, task: 'nope' }, 400, 'TASK_UNKNOWN', 'task'],
    ['wrong input', 'trigger', { input: { message: 5 } }, 400, 'TASK_INPUT_INVALID', 'input.message'],
    ['large input', 'trigger', { input: large }, 413, 'PAYLOAD_TOO_LARGE', 'input'],
    ['malformed key', 'trigger', { key: 'with space' }, 400, 'INPUT_INVALID', 'key'],
    ['malformed time', 'pause', { until: 'tomorrow' }, 400, 'INPUT_INVALID', 'until'],
    ['time that has passed', 'pause', { until: '2001-01-01T00:00:00Z' }, 400, 'TIME_INVALID', 'until'],
  ])('a %s in %s is refused and leaves no trace in the job', async (_, command, fault, status, code, field) => {
    const id = `steady-${crypto.randomUUID().slice(0, 8)}`;
    await post('jobs.create', { ...good, id, schedule: { every: '1h' } });
    await rig.handle(id).query('status');
    const before = [await rig.store.jobs.get(rig.project, id), await historyLength(id)];
    expectRefusal(await post(`jobs.${command}`, { id, ...fault }), status, code, field);
    expect([await rig.store.jobs.get(rig.project, id), await historyLength(id)]).toEqual(before);
    expect(await post('jobs.trigger', { id, key: 'k' })).toMatchObject({ status: 200, data: { confirmed: true } });
    expect(await rig.ended(id, 1)).toMatchObject([{ state: 'succeeded' }]);
  });

  const commands: [string, string, object][] = [
    ['pause', 'pause', {}],
    ['resume', 'resume', {}],
    ['cancel', 'cancel', {}],
    ['reschedule', 'reschedule', { schedule: { every: '2h' } }],
    ['update', 'update', good],
    ['trigger', 'trigger', {}],
    ['trigger with an input', 'trigger', { input: { message: 'other' } }],
  ];

  test.each(commands)('%s of a job that never was is refused', async (_, command, body) => {
    expectRefusal(await post(`jobs.${command}`, { id: 'never', ...body }), 404, 'JOB_NOT_FOUND', 'id');
    expect(await rig.store.jobs.get(rig.project, 'never')).toBeUndefined();
  });

  test.each(commands)('%s of a job that has ended is refused', async (_, command, body) => {
    const id = `ended-${crypto.randomUUID().slice(0, 8)}`;
    await post('jobs.create', { ...good, id });
    await rig.handle(id).result();
    const before = await rig.store.jobs.get(rig.project, id);
    expectRefusal(await post(`jobs.${command}`, { id, ...body }), 409, 'JOB_CLOSED', 'id');
    expect(await rig.store.jobs.get(rig.project, id)).toEqual(before);
  });

  test.each(commands)('%s of a job whose workflow was terminated by hand is refused', async (_, command, body) => {
    const id = `terminated-${crypto.randomUUID().slice(0, 8)}`;
    await post('jobs.create', { ...good, id, schedule: { every: '1h' } });
    await rig.handle(id).query('status');
    await rig.handle(id).terminate('by hand');
    expectRefusal(await post(`jobs.${command}`, { id, ...body }), 409, 'JOB_CLOSED', 'id');
  });
});

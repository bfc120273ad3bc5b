import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Caller } from '../../src/api/access/caller.js';
import { CarillonError } from '../../src/core/errors.js';
import { defineTask } from '../../src/core/task/task.js';
import { type Rig, startRig } from '../rig/rig.js';
import { startApiOnly } from './api-only.js';

/** Stands for the task that it is in place of, where no server is to be called. */
const report = defineTask({
  name: 'report',
  input: z.strictObject({ name: z.string() }),
  run(context, { name }) {
    context.log(`reporting ${name}`);
    if (name === 'broken') throw new Error('no such report');
  },
});

let rig: Rig;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'classic-'));
  rig = await startRig({ tasks: [report], settings: { objects: { url: pathToFileURL(folder).href } } });
  return async () => {
    await rig.close();
    rmSync(folder, { recursive: true });
  };
});

/** Fields of answers that tests read by name. */
interface Body {
  jobId: string;
  job_id: string;
  id: string;
  status: string;
  code: string;
  errors: [{ pointer: string }];
  jobs: { jobId: string }[];
  logs: unknown[];
}

async function send(method: string, path: string, body?: unknown, more: { url?: string; headers?: object } = {}) {
  const at = `${more.url ?? rig.url}${path}${path.includes('?') ? '&' : '?'}project=${rig.project}`;
  const text = typeof body === 'string';
  const response = await fetch(at, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': text ? 'application/yaml' : 'application/json' }),
      ...more.headers,
    },
    body: text ? body : JSON.stringify(body),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Body };
}

const job = {
  ...{ jobName: 'Weekly report', jobType: 'report', executionTime: '2099-01-05T09:00:00Z', frequency: 'weekly' },
  ...{ priority: 'high', payload: { name: 'sales' } },
};

describe('/api/jobs', () => {
  it('takes a job through its life', async () => {
    const created = await send('POST', '/api/jobs', job);
    expect(created).toMatchObject({ status: 201, body: { status: 'SCHEDULED' } });
    const { jobId } = created.body;
    const at = `/api/jobs/${jobId}`;

    const found = { jobId, jobName: 'Weekly report', jobType: 'report', priority: 1, payload: job.payload };
    expect((await send('GET', at)).body).toMatchObject({ ...found, executionTime: '2099-01-05T09:00:00Z' });
    expect((await send('POST', `${at}/pause`)).body).toEqual({ jobId, status: 'PAUSED', confirmed: true });
    expect((await send('POST', `${at}/resume`)).body).toEqual({ jobId, status: 'SCHEDULED', confirmed: true });

    const changed = await send('PUT', at, { priority: 5, payload: { name: 'stock' } });
    expect(changed).toMatchObject({ status: 200, body: { status: 'SCHEDULED' } });
    const { definition } = await rig.client.jobs.get.query({ project: rig.project, id: jobId });
    expect(definition).toMatchObject({
      ...{ priority: 5, input: { name: 'stock' }, description: 'Weekly report' },
      schedule: { every: 'P7D', anchor: '2099-01-05T09:00:00Z' },
    });

    expect((await send('GET', `${at}/logs`)).body).toEqual({ jobId, executionId: null, logs: [] });
    await rig.client.jobs.trigger.mutate({ project: rig.project, id: jobId, key: 'k' });
    await rig.ended(jobId, 1);
    expect((await send('GET', `${at}/logs`)).body).toMatchObject({
      executionId: `${jobId}@key:k`,
      logs: [{ level: 'info', message: 'reporting stock' }],
    });
    expect((await send('GET', `${at}/status`)).body).toMatchObject({
      ...{ jobId, status: 'SCHEDULED', nextExecutionTime: '2099-01-05T09:00:00Z' },
      lastExecution: { executionId: `${jobId}@key:k`, status: 'COMPLETED' },
    });

    expect((await send('DELETE', at)).body).toEqual({ jobId, status: 'DELETED' });
    expect(await send('GET', at)).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
  });

  it('reads times, frequencies and priorities as they are written', async () => {
    const schedules = new Map([
      [{ executionTime: '2099-01-05T09:00:00Z' }, { at: '2099-01-05T09:00:00Z' }],
      [{ executionTime: '2099-01-05T09:00:00Z', frequency: 'once' }, { at: '2099-01-05T09:00:00Z' }],
      [{ frequency: '0 3 * * *' }, { cron: '0 3 * * *' }],
      [{ frequency: 'Monthly' }, { every: 'P1M' }],
      [{ frequency: '1h30m' }, { every: 'PT1H30M' }],
    ]);
    for (const [given, expected] of schedules) {
      const asked = { jobType: 'Report', payload: { name: 'x' }, priority: '2', ...given };
      const { body } = await send('POST', '/api/jobs', asked);
      const { definition } = await rig.client.jobs.get.query({ project: rig.project, id: body.jobId });
      expect(definition).toMatchObject({ task: 'report', priority: 2, schedule: expected });
    }
    const { body } = await send('POST', '/api/jobs', {
      jobType: 'webhook',
      payload: { url: 'http://127.0.0.1:1/' },
      ...at2099,
    });
    expect(await rig.client.jobs.get.query({ project: rig.project, id: body.jobId })).toMatchObject({
      definition: { task: 'http' },
    });
  });

  it('lists by status, type and priority, in numbered pages', async () => {
    const { client, project } = rig;
    for (const index of [1, 2, 3, 4, 5]) {
      const asked = { task: 'log', input: { message: 'hi' }, schedule: { every: '1h' }, priority: 4 } as const;
      await client.jobs.create.mutate({ ...asked, project, id: `page-${index}` });
    }
    const page = async (query: string) => (await send('GET', `/api/jobs?type=log&priority=4&${query}`)).body;
    const ids = ({ jobs }: { jobs: { jobId: string }[] }) => jobs.map(({ jobId }) => jobId);
    const second = await page('status=scheduled&page=2&limit=2');
    expect(second).toMatchObject({
      page: 2,
      limit: 2,
      hasMore: true,
      jobs: [{ status: 'SCHEDULED', jobType: 'log' }, {}],
    });
    expect(ids(second)).toEqual(['page-3', 'page-2']);
    expect(ids(await page('page=3&limit=2'))).toEqual(['page-1']);
    expect(await page('page=4&limit=2')).toEqual({ jobs: [], page: 4, limit: 2, hasMore: false });
    expect(ids(await page('status=PAUSED'))).toEqual([]);
    expect((await send('GET', '/api/jobs?page=1000&limit=100')).body).toMatchObject({ code: 'INPUT_INVALID' });
    expect((await send('GET', '/api/jobs?status=lost')).body).toMatchObject({ errors: [{ pointer: '#/status' }] });
  });

  it('tells of errors in the words of the request', async () => {
    const refused = async (changes: object) => {
      const { status, type, body } = await send('POST', '/api/jobs', { ...job, ...changes });
      expect(type).toMatch(/^application\/problem\+json/);
      return { status, code: body.code, pointer: body.errors[0].pointer };
    };
    expect(await refused({ jobType: 'none' })).toEqual({ status: 400, code: 'TASK_UNKNOWN', pointer: '#/jobType' });
    expect(await refused({ payload: { name: 5 } })).toMatchObject({
      code: 'TASK_INPUT_INVALID',
      pointer: '#/payload/name',
    });
    expect(await refused({ executionTime: 'soon' })).toMatchObject({
      code: 'TIME_INVALID',
      pointer: '#/executionTime',
    });
    expect(await refused({ frequency: '0 25 * * *' })).toMatchObject({ code: 'CRON_INVALID', pointer: '#/frequency' });
    expect(await refused({ frequency: 'fortnightly' })).toMatchObject({
      code: 'SCHEDULE_INVALID',
      pointer: '#/frequency',
    });
    expect(await refused({ priority: 'urgent' })).toMatchObject({ code: 'INPUT_INVALID', pointer: '#/priority' });
    expect(await refused({ colour: 'red' })).toMatchObject({ code: 'INPUT_INVALID', pointer: '#/colour' });
    expect(await send('POST', '/api/jobs/none/pause')).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
  });
});

const at2099 = { executionTime: '2099-01-05T09:00:00Z' };

it('POST /v1/jobs with a job_type makes a job with its retries', async () => {
  const asked = { job_type: 'report', schedule_time: '2099-01-05T09:00:00Z', payload: { name: 'x' }, retries: 4 };
  const { status, body } = await send('POST', '/v1/jobs', asked);
  expect({ status, state: body.status }).toEqual({ status: 201, state: 'SCHEDULED' });
  const { definition } = await rig.client.jobs.get.query({ project: rig.project, id: body.job_id });
  expect(definition).toMatchObject({
    task: 'report',
    retry: { maximumAttempts: 5 },
    schedule: { at: at2099.executionTime },
  });
  expect(await send('POST', '/v1/jobs', { ...asked, schedule_time: 'soon' })).toMatchObject({
    body: { code: 'TIME_INVALID', errors: [{ pointer: '#/schedule_time' }] },
  });
});

it('/job takes a task with its scheduler, and tells of executions of a window', async () => {
  const asked = {
    ...{ task_id: 'report', scheduler: 'CRON', schedule: '0 9 * * *', parameters: { name: 'broken' } },
    ...{ execution_start_time: '2099-01-01T00:00:00Z', execution_end_time: '2099-02-01T00:00:00Z' },
  };
  const { status, body } = await send('POST', '/job', asked);
  expect({ status, state: body.status }).toEqual({ status: 201, state: 'SCHEDULED' });
  const { id } = body;
  const before = new Date().toISOString();
  const { project, client } = rig;
  await client.jobs.update.mutate({
    ...(await client.jobs.source.query({ project, id })).definition,
    id,
    project,
    retry: { maximumAttempts: 1 },
  } as never);
  await client.jobs.trigger.mutate({ project, id, key: 'k' });
  await rig.ended(id, 1);
  const found = await send(
    'GET',
    `/job?id=${id}&execution_start_time=${before}&execution_end_time=2099-01-01T00:00:00Z`,
  );
  expect(found.body).toMatchObject({
    ...{ id, task_id: 'report', status: 'SCHEDULED', next_execution_time: '2099-01-01T09:00:00Z' },
    executions: [{ id: `${id}@key:k`, status: 'ERRORED', error: 'no such report' }],
  });
  expect((await send('GET', `/job?id=${id}&execution_end_time=${before}`)).body).toMatchObject({ executions: [] });
  expect(await send('GET', `/job?id=${id}&execution_start_time=soon`)).toMatchObject({
    ...{ status: 400, body: { code: 'INPUT_INVALID', errors: [{ pointer: '#/execution_start_time' }] } },
  });
  expect(await send('GET', '/job?id=none')).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
});

describe('/api/v1', () => {
  it('takes a job as YAML, and tells what became of it', async () => {
    const yaml = 'id: nightly\ntask: report\ninput: { name: sales }\nschedule: 2099-01-05T09:00:00Z\n';
    const submitted = await send('POST', '/api/v1/submit_job', yaml);
    expect(submitted).toMatchObject({ status: 201, body: { job_id: 'nightly', status: 'SCHEDULED' } });
    expect(await send('POST', '/api/v1/submit_job', yaml)).toMatchObject({ status: 409, body: { code: 'JOB_EXISTS' } });
    await rig.client.jobs.trigger.mutate({ project: rig.project, id: 'nightly', key: 'k' });
    await rig.ended('nightly', 1);
    expect((await send('GET', '/api/v1/retrieve_history_execution/nightly')).body).toMatchObject({
      ...{ job_id: 'nightly', next_cursor: null },
      executions: [{ execution_id: 'nightly@key:k', status: 'COMPLETED' }],
    });
    const { logs } = (await send('GET', '/api/v1/last_execution_logs/nightly')).body;
    expect(logs).toEqual([expect.stringMatching(/^20\S+Z info reporting sales$/)]);
    expect((await send('GET', '/api/v1/job_status/nightly')).body).toEqual({ job_id: 'nightly', status: 'SCHEDULED' });
    expect(await send('GET', '/api/v1/last_execution_logs/none')).toMatchObject({ status: 404 });
  });

  it.each([
    ['task: [', 'FILE_INVALID'],
    ['task: report\ncolour: red\nschedule: 1h\n', 'INPUT_INVALID'],
    ['a: &a [1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n', 'FILE_INVALID'],
  ])('refuses %j with %s', async (yaml, code) => {
    expect(await send('POST', '/api/v1/submit_job', yaml)).toMatchObject({ status: 400, body: { code } });
  });

  it('refuses what a page of another site could send', async () => {
    const text = { headers: { 'content-type': 'text/plain' } };
    const { body } = await send('POST', '/api/v1/submit_job', 'task: report\nschedule: 1h\n', text);
    expect(['INPUT_INVALID', 'MEDIA_TYPE_UNSUPPORTED']).toContain(body.code);
    const crossSite = { headers: { 'sec-fetch-site': 'cross-site' } };
    expect(await send('POST', '/api/jobs/a/pause', undefined, crossSite)).toMatchObject({ status: 403 });
  });

  it('login gives a good key back as the token it is, and refuses another', async () => {
    const ada: Caller = {
      ...{ kind: 'key', id: 'key:1', name: 'ada', owns: [] },
      grants: [{ project: rig.project, role: 'viewer', payloads: false }],
    };
    const { url } = await startApiOnly({
      project: rig.project,
      authenticators: [
        {
          async authenticate({ headers }) {
            if (headers.authorization === 'Bearer good') return ada;
            if (headers.authorization === undefined) return undefined;
            throw new CarillonError('UNAUTHENTICATED', 'Expected a key that is good.');
          },
        },
      ],
    });
    const enter = (body: object) => send('POST', '/api/v1/login', body, { url });
    expect(await enter({ username: 'ada', password: 'good' })).toMatchObject({
      ...{ status: 200, body: { token: 'good', token_type: 'Bearer' } },
    });
    expect((await enter({ api_key: 'good' })).status).toBe(200);
    for (const body of [{ api_key: 'bad' }, { api_key: 'go\nod' }, {}]) {
      expect(await enter(body)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    }
    expect((await send('GET', '/api/jobs', undefined, { url })).status).toBe(401);
    const headers = { authorization: 'Bearer good' };
    expect((await send('GET', '/api/jobs', undefined, { url, headers })).status).toBe(200);
    expect((await send('POST', '/api/jobs', job, { url, headers })).status).toBe(403);
  });
});

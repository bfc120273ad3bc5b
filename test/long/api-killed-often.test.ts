import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { builtInTasks } from '../../src/activities/tasks/index.js';
import { reconcile } from '../../src/api/reconciler.js';
import { Gateway } from '../../src/api/temporal/gateway.js';
import { workflowId } from '../../src/core/ids.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import { until } from '../embedded/until.js';
import { type Part, startPart } from '../faults/part.js';
import { Site } from '../faults/site.js';

const kills = Number(process.env.CARILLON_KILLS ?? 4);
/** So many kills meet every moment of a request. */
const manyKills = 50;
const settings = {
  CARILLON_TASKS: '',
  CARILLON_AUTH: 'off',
  CARILLON_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
};

interface Answer {
  status: number;
  body: string;
}

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test(`an API that is killed ${kills} times while it creates jobs leaves each of them once, in Temporal and in the table`, {
  timeout: 120_000 + kills * 30_000,
}, async () => {
  const site = await Site.open();
  const { project, store } = site;
  const random = seeded(20_261_121);
  const [steady] = await Promise.all([site.startApi(settings), site.startWorker('scheduler', settings)]);
  const temporal = await openTemporal(site.temporalAddress);

  const create = async (api: Part, id: string): Promise<Answer> => {
    const response = await fetch(`${api.ready.url}/trpc/jobs.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `key-${project}-${id}` },
      body: JSON.stringify({ project, id, task: 'log', input: { message: id }, schedule: { every: '1h' } }),
    });
    return { status: response.status, body: await response.text() };
  };
  /** Repeats the request as clients do: the same key, until there is an answer. */
  const untilAnswered = async (id: string): Promise<Answer> => {
    for (;;) {
      const answer = await create(steady, id);
      if (answer.status < 500 && answer.status !== 409) return answer;
      expect(JSON.parse(answer.body).error.data.carillon.code).toMatch(/^(IDEMPOTENCY_IN_FLIGHT|.*_UNAVAILABLE)$/);
      await wait(500);
    }
  };

  const took: number[] = [];
  for (const id of ['warm-0', 'warm-1', 'warm-2']) {
    const began = performance.now();
    expect((await create(steady, id)).status).toBe(200);
    took.push(performance.now() - began);
  }
  /** Of the waits before a kill, in milliseconds. */
  let longest = 1.3 * (took.sort((a, b) => a - b)[1] as number);

  const met = { nothing: 0, 'a workflow without a row': 0, both: 0, 'an answer': 0 };
  const retried: Promise<Answer>[] = [];
  const launch = () => startPart('api/main', site.env(settings));
  let next = launch();
  for (let kill = 0; kill < kills; kill += 1) {
    const api = await next;
    if (kill + 1 < kills) next = launch();
    // Its connections to Temporal and to the database are open then, as those of an API in use.
    await fetch(`${api.ready.url}/trpc/system.health`);
    const id = `job-${kill}`;
    const outcome = create(api, id).then(
      () => 'an answer' as const,
      () => undefined,
    );
    await Promise.race([outcome, momentOf(kill, id)]);
    await api.kill();
    // An API that has just started takes longer than one in use: some are to be answered, and most not.
    if (kill % 4 < 2) longest *= (await outcome) ? 0.8 : 1.1;
    met[(await outcome) ?? (await left(id))] += 1;
    const answer = untilAnswered(id);
    // Looked at in the end.
    answer.catch(() => undefined);
    retried.push(answer);
  }

  const answers = await Promise.all(retried);
  expect(answers.map(({ status }) => status)).toEqual(Array(kills).fill(200));
  const ids = answers.map(({ body }) => JSON.parse(body).result.data.id as string);
  expect(ids).toEqual(Array.from({ length: kills }, (_, kill) => `job-${kill}`));

  const gateway = new Gateway({
    address: site.temporalAddress,
    ...{ namespace: 'default', taskQueue: site.taskQueue, now: Date.now },
  });
  onTestFinished(() => gateway.close());
  const registry = new TaskRegistry([...builtInTasks]);
  await reconcile({ store, gateway, registry, log: () => {}, now: Date.now, random, paceMs: 0 });
  const expected = [...ids, 'warm-0', 'warm-1', 'warm-2'].sort();
  const rows = await store.jobs.list({ project }, { limit: 500 });
  expect(rows.items.map(({ jobId }) => jobId).sort()).toEqual(expected);
  const open = () => openWorkflows(temporal, project);
  await until('Temporal lists all jobs', async () => (await open()).length >= expected.length);
  expect(await open()).toEqual(expected.map((id) => workflowId(project, id)));
  console.log(
    `Killed while there was ${Object.entries(met)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}.`,
  );
  if (kills >= manyKills) for (const [moment, count] of Object.entries(met)) expect(count, moment).toBeGreaterThan(0);

  /** When to kill: at any time of the request, as soon as there is a workflow, or as soon as there is a row. */
  async function momentOf(kill: number, id: string): Promise<void> {
    if (kill % 4 < 2) return wait(random() * longest);
    const there = kill % 4 === 2 ? async () => (await left(id)) !== 'nothing' : () => store.jobs.get(project, id);
    while (!(await there()));
  }

  /** What the killed API had done. */
  async function left(id: string): Promise<keyof typeof met> {
    if (await store.jobs.get(project, id)) return 'both';
    const described = await temporal.workflow
      .getHandle(workflowId(project, id))
      .describe()
      .catch(() => undefined);
    return described ? 'a workflow without a row' : 'nothing';
  }
});

async function openTemporal(address: string): Promise<Client> {
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

async function openWorkflows(temporal: Client, project: string): Promise<string[]> {
  const found: string[] = [];
  const query = `WorkflowId STARTS_WITH "job:${project}:" AND ExecutionStatus = "Running"`;
  for await (const { workflowId: id } of temporal.workflow.list({ query })) found.push(id);
  return found.sort();
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { FanOutSummary } from '../../src/core/fan-out/contract.js';
import { runWorkflowId, triggeredRunId } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { until } from '../embedded/until.js';
import { type Rig, useRig } from '../rig/rig.js';
import { folderFiles } from '../tasks/folder-files.js';
import { heavyMember } from './heavy-member.js';

const pageLength = 1000;

/** Counts to `total` over HTTP, a page at a time. */
async function counting(total: number): Promise<string> {
  const server = createServer((request, response) => {
    const page = Number(request.url?.slice(1));
    if ((page + 1) * pageLength < total) response.setHeader('Link', `</${page + 1}>; rel="next"`);
    const length = Math.min(pageLength, total - page * pageLength);
    response.end(JSON.stringify(Array.from({ length }, (_, k) => page * pageLength + k)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/0`;
}

async function rigWith(options: Parameters<typeof useRig>[0]): Promise<{ rig: Rig; folder: string }> {
  const { folder, services } = await folderFiles();
  onTestFinished(() => rm(folder, { recursive: true, maxRetries: 5 }));
  const settings = { http: { allow: ['127.0.0.0/8'] } };
  return { rig: await useRig({ settings, services, ...options }), folder };
}

/** Events of each workflow of a run, the whole tree. */
async function histories({ temporal, project }: Rig, runId: string): Promise<number[]> {
  const lengths: number[] = [];
  const query = `WorkflowId STARTS_WITH "${runWorkflowId(project, runId)}"`;
  for await (const { historyLength } of temporal.workflow.list({ query })) lengths.push(historyLength);
  return lengths;
}

const long = process.env.CARILLON_LONG_TESTS === '1';

test.each([20_000, ...(long ? [1_000_000] : [])])(
  '%i members: each once, with bounded memory and histories',
  async (total) => {
    const times = new Uint8Array(total);
    const count = defineTask({
      name: 'count',
      input: z.int(),
      run(_, n) {
        times[n] = (times[n] as number) + 1;
        if (n % 1000 === 999) throw new Error('the thousandth');
      },
    });
    const { rig } = await rigWith({ tasks: [count], heavy: true });
    globalThis.gc?.();
    let most = 0;
    const before = process.memoryUsage().heapUsed;
    const sample = setInterval(() => {
      most = Math.max(most, process.memoryUsage().heapUsed);
    }, 100);
    const url = await counting(total);
    const started = Date.now();
    await rig.client.jobs.create.mutate({
      ...{ project: rig.project, id: 'all', task: 'fanOut', schedule: { immediate: true } },
      input: {
        ...{ task: 'count', items: { http: { url } }, window: 50 },
        ...{ onFailure: { policy: { maxFailed: '0.1%' } }, retry: { maximumAttempts: 1 } },
      },
    } as never);
    const [run] = await rig.ended('all', 1);
    clearInterval(sample);
    const seconds = (Date.now() - started) / 1000;
    expect(run).toMatchObject({ state: 'succeeded' });
    const summary = run?.result as FanOutSummary;
    expect(summary).toMatchObject({ total, succeeded: total * 0.999, failed: total / 1000, skipped: 0 });
    expect(summary.failures.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, k) => k * 1000 + 999));
    expect(times.every((one) => one === 1)).toBe(true);
    const lengths = await until('all parts are listed', async () => {
      const found = await histories(rig, run?.runId as string);
      return found.length > Math.min(20, total / 1000) ? found : undefined;
    });
    const longest = Math.max(...lengths);
    const megabytes = Math.round((most - before) / 1e6);
    console.log(
      `${total} members: ${seconds} s, ${lengths.length} workflows, at most ${longest} events, ${megabytes} MB more`,
    );
    expect(longest).toBeLessThan(2000);
    expect(megabytes).toBeLessThan(400);
  },
  30 * 60_000,
);

test('a killed worker leaves to another what it had not done', async () => {
  const { rig, folder } = await rigWith({ tasks: [heavyMember()] });
  const begun: number[] = [];
  const start = (held: string): ChildProcess => {
    const path = fileURLToPath(new URL('fan-out-worker.ts', import.meta.url));
    const args = [inject('temporalAddress'), rig.taskQueue, folder, held];
    const child = fork(path, args, { execArgv: ['--import', 'tsx'] });
    child.on('message', ({ begun: n }: { begun: number }) => begun.push(n));
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    return child;
  };
  const first = start('25');
  // The run waits in another lane than its members: this worker has theirs to itself.
  await rig.client.jobs.create.mutate({
    ...{ project: rig.project, id: 'killed', task: 'fanOut', lane: 'standard', schedule: { cron: '0 0 1 1 *' } },
    input: { task: 'member.heavy', items: Array.from({ length: 500 }, (_, n) => n), window: 1 },
  } as never);
  await rig.client.jobs.trigger.mutate({ project: rig.project, id: 'killed', key: 'now' });
  const id = runWorkflowId(rig.project, triggeredRunId('killed', 'now'));
  await until('the server has heard of the five members before', async () => {
    const description = await rig.temporal.workflow
      .getHandle(id)
      .describe()
      .catch(() => undefined);
    const [payload] = description?.raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    return payload?.data && JSON.parse(Buffer.from(payload.data).toString()).succeeded === 5 ? true : undefined;
  });
  first.kill('SIGKILL');
  await once(first, 'exit');
  start('');
  const [run] = await rig.ended('killed', 1);
  expect(run).toMatchObject({ state: 'succeeded', attempt: 1, result: { total: 500, succeeded: 500 } });
  const twice = Array.from({ length: 500 }, (_, n) => n).filter((n) => begun.filter((one) => one === n).length > 1);
  expect(twice).toEqual([25]);
  expect(begun).toHaveLength(501);
}, 120_000);

test('the example of a workflow of your own runs as the page says', async () => {
  const { rig } = await rigWith({ heavy: true });
  const path = fileURLToPath(new URL('../../examples/workflows/worker.ts', import.meta.url));
  const env = { ...process.env, TEMPORAL_ADDRESS: inject('temporalAddress') };
  const child = fork(path, { execArgv: ['--import', 'tsx'], env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const { input } = parse(readFileSync(new URL('../../examples/jobs/workflow.yaml', import.meta.url), 'utf8'));
  const job = { project: rig.project, id: 'greetings', task: 'workflow', input, schedule: { immediate: true } };
  await rig.client.jobs.create.mutate(job as never);
  expect((await rig.ended('greetings', 1))[0]).toMatchObject({ state: 'succeeded', result: 'Hello Ada and Grace' });
}, 120_000);

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { builtInTasks } from '../../src/activities/tasks/index.js';
import { parseJobFile } from '../../src/cli/files/job-file.js';
import { type Rig, useRig } from '../rig/rig.js';
import { counts, listenForMail } from '../unit/email/mail-server.js';

const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server;
const examples = fileURLToPath(new URL('../../examples', import.meta.url));
/** One for each task that is built in, in an order in which one finds what another has made. */
const files = {
  log: 'log',
  http: 'http',
  email: 'email',
  sql: 'sql',
  expire: 'expire',
  etl: 'etl',
  'dynamodb.expire': 'dynamodb-expire',
  fanOut: 'fan-out',
  workflow: 'workflow',
  steps: 'steps',
};

test('there is an example of every task', () => {
  expect(Object.keys(files).sort()).toEqual(builtInTasks.map(({ name }) => name).sort());
});

test('the examples run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-examples-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
  onTestFinished(() => void vi.unstubAllEnvs());
  const mail = await listenForMail();
  const dynamo = await tableOfCarts();
  const rig = await useRig({
    heavy: true,
    settings: {
      objects: { url: pathToFileURL(folder).href },
      smtp: { url: mail.url },
      databases: { main: { url: `sqlite:${join(folder, 'example.db')}` } },
      dynamodb: { endpoint: dynamo.endpoint, region: 'local' },
      steps: { docker: { engine: join(folder, 'no-engine.sock'), images: ['busybox:*'] }, processes: true },
    },
  });
  await greetings();
  for (const [task, file] of Object.entries(files)) {
    if (task === 'etl') {
      const sql = 'create table visits_copy (run_id text primary key, seen_on text, source text)';
      await run(rig, { id: 'copy', task: 'sql', input: { connection: 'main', sql } });
    }
    const text = await readFile(join(examples, 'jobs', `${file}.yaml`), 'utf8');
    const { documents, faults } = parseJobFile(
      file,
      text.replaceAll('http://127.0.0.1:7070', rig.url),
      rig.project,
      {},
    );
    expect(faults).toEqual([]);
    const entries = [];
    for (const { id, definition } of documents) entries.push(await run(rig, { ...(definition as object), id }));
    expect(
      entries.filter(({ state }) => state !== 'succeeded'),
      task,
    ).toEqual([]);
  }
  expect(counts(mail.received)).toEqual({ 'ann@example.org': 1, 'bob@example.org': 1 });
  expect(await dynamo.left()).toEqual(['fresh']);
}, 120_000);

async function run({ client, project, ended }: Rig, job: { id: string } & Record<string, unknown>) {
  await client.jobs.create.mutate({ ...job, project, schedule: { immediate: true } } as never);
  const [entry] = await ended(job.id, 1);
  return { job: job.id, state: entry?.state, error: entry?.error };
}

/** A DynamoDB with the table of the example, of whose two items one has expired. */
async function tableOfCarts() {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  onTestFinished(async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'carts',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const items: [id: string, expires: number][] = [
    ['stale', 1],
    ['fresh', 4_000_000_000],
  ];
  for (const [id, expires] of items) {
    const Item = { id: { S: id }, expires_at: { N: String(expires) } };
    await expect
      .poll(() => client.send(new PutItemCommand({ TableName: 'carts', Item })).then(() => 'put', String))
      .toBe('put');
  }
  const left = async () => {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: 'carts' }));
    return Items.map(({ id }) => id?.S);
  };
  return { endpoint, left };
}

/** The worker that examples/workflows has, on the server of the tests. */
async function greetings(): Promise<void> {
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const workflowsPath = join(examples, 'workflows', 'greet.ts');
  const worker = await Worker.create({ connection, taskQueue: 'greetings', workflowsPath });
  const running = worker.run();
  onTestFinished(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });
}

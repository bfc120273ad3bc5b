import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backoffMs } from '../../../../src/activities/tasks/dynamodb/backoff.js';
import { dynamodbExpireTask } from '../../../../src/activities/tasks/dynamodb/expire.js';
import { keyAt, positionAfter } from '../../../../src/activities/tasks/dynamodb/position.js';
import type { TaskContext } from '../../../../src/core/task/context.js';
import { type ContextOptions, testContext } from '../../../../src/kit/task-run.js';

vi.setConfig({ testTimeout: 30_000 });

const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server;
const table = 'sessions';
const scheduledAt = new Date('2026-11-21T09:00:00Z');
const now = scheduledAt.getTime() / 1000;

/** What stands in front of the database; answers a request itself, or lets it through. */
type Answer = { status: number; body: object } | undefined;
let answer: (operation: string, body: string) => Answer | Promise<Answer>;
let database: Server;
let gate: Server;
let client: DynamoDBClient;
let settings: { dynamodb: { endpoint: string; region: string } };
let asked: string[];

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  answer = () => undefined;
  asked = [];
  database = dynalite({ createTableMs: 0 });
  const behind = await listen(database);
  gate = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) as string;
    asked.push(operation);
    const own = await answer(operation, body);
    if (own) {
      response.writeHead(own.status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(JSON.stringify(own.body));
      return;
    }
    const headers = { ...(request.headers as Record<string, string>) };
    delete headers['content-length'];
    delete headers.connection;
    const real = await fetch(`http://127.0.0.1:${behind}/`, { method: 'POST', headers, body });
    response.writeHead(real.status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(await real.text());
  });
  settings = { dynamodb: { endpoint: `http://127.0.0.1:${await listen(gate)}`, region: 'eu-central-1' } };
  client = new DynamoDBClient({ ...settings.dynamodb, endpoint: `http://127.0.0.1:${behind}` });
  const send = new CreateTableCommand({
    TableName: table,
    AttributeDefinitions: [
      { AttributeName: 'name', AttributeType: 'S' },
      { AttributeName: 'part', AttributeType: 'B' },
    ],
    KeySchema: [
      { AttributeName: 'name', KeyType: 'HASH' },
      { AttributeName: 'part', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await client.send(send);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  client.destroy();
  for (const server of [gate, database]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const item = (n: number, expires: number, filler = '') => ({
  name: { S: `session ${n}` },
  part: { B: Buffer.from([n % 256, 0, 255]) },
  expires: { N: String(expires) },
  filler: { S: filler },
});

/** Items 1 to `count`, each expired so many seconds ago. */
async function fill(count: number, filler = ''): Promise<void> {
  const items = Array.from({ length: count }, (_, index) => item(index + 1, now - index - 1, filler));
  for (let at = 0; at < count; at += 25) {
    const requests = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}

async function left(): Promise<string[]> {
  const names: string[] = [];
  for (let from: Record<string, AttributeValue> | undefined, more = true; more; more = from !== undefined) {
    const page: ScanCommandOutput = await client.send(new ScanCommand({ TableName: table, ExclusiveStartKey: from }));
    names.push(...(page.Items ?? []).map(({ name }) => name?.S as string));
    from = page.LastEvaluatedKey;
  }
  return names.sort();
}

function run(
  input: Record<string, unknown> = {},
  options: ContextOptions = {},
  change?: (context: TaskContext) => void,
) {
  const { context, trace } = testContext({ settings, scheduledAt, ...options });
  change?.(context);
  const parsed = dynamodbExpireTask.input.parse({ table, attribute: 'expires', ...input });
  return { trace, result: dynamodbExpireTask.run(context, parsed) as Promise<Record<string, number>> };
}

const throttle = (name: string) => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'slow down' },
});

test.each([[{ safe: true, segments: 3 }], [{ safe: false }]])(
  'deletes what has expired and nothing else: %j',
  async (input) => {
    await fill(60);
    await client.send(new PutItemCommand({ TableName: table, Item: item(100, now + 1) }));
    await client.send(new PutItemCommand({ TableName: table, Item: item(101, now) }));
    const text = { ...item(102, 0), expires: { S: 'long ago' } };
    await client.send(new PutItemCommand({ TableName: table, Item: text }));
    const first = run(input);
    expect(await first.result).toEqual({ deleted: 60, renewed: 0, throttled: 0 });
    expect(await left()).toEqual(['session 100', 'session 101', 'session 102']);
    expect(first.trace.progress.at(-1)?.done).toBe(60);
    expect(first.trace.heartbeats.at(-1)).toMatchObject({ deleted: 60 });
    expect(await run(input).result).toEqual({ deleted: 0, renewed: 0, throttled: 0 });
  },
);

test('olderThan counts from the nominal time', async () => {
  await fill(60);
  expect(await run({ olderThan: '40s' }).result).toMatchObject({ deleted: 20 });
  expect(await left()).toHaveLength(40);
});

test('an item that is renewed between scan and delete stays', async () => {
  await fill(5);
  answer = async (operation) => {
    if (operation === 'DeleteItem')
      await client.send(new PutItemCommand({ TableName: table, Item: item(3, now + 600) }));
    return undefined;
  };
  expect(await run({ batch: 1 }).result).toEqual({ deleted: 4, renewed: 1, throttled: 0 });
  expect(await left()).toEqual(['session 3']);
});

test('throttled requests and what a batch leaves over are sent again', async () => {
  await fill(30);
  let scans = 0;
  let batches = 0;
  answer = (operation, body) => {
    if (operation === 'Scan' && scans++ < 2) return throttle('ProvisionedThroughputExceededException');
    if (operation !== 'BatchWriteItem') return undefined;
    batches += 1;
    if (batches === 1) return { status: 200, body: { UnprocessedItems: JSON.parse(body).RequestItems } };
    return batches === 2 ? throttle('ThrottlingException') : undefined;
  };
  const throttled = run({ safe: false });
  expect(await throttled.result).toEqual({ deleted: 30, renewed: 0, throttled: 4 });
  expect(await left()).toEqual([]);
  expect(throttled.trace.log).toHaveLength(4);
  await fill(10);
  let deletes = 0;
  answer = (operation) =>
    operation === 'DeleteItem' && deletes++ < 3 ? throttle('ProvisionedThroughputExceededException') : undefined;
  expect(await run().result).toEqual({ deleted: 10, renewed: 0, throttled: 3 });
});

test('cancelled while it waits for a throttled table', async () => {
  await fill(1);
  const abort = new AbortController();
  answer = (operation) => {
    if (operation !== 'Scan') return undefined;
    if (asked.filter((one) => one === 'Scan').length === 4) abort.abort(new Error('cancelled'));
    return throttle('ThrottlingException');
  };
  await expect(run({}, { signal: abort.signal }).result).rejects.toThrow();
  expect(await left()).toHaveLength(1);
});

test('broken off in mid-run, the next attempt goes on after the kept key, which is bytes in part', async () => {
  // Pages of a scan end at 1 MB: 30 items of 100 KB are several.
  await fill(30, 'x'.repeat(100_000));
  const abort = new AbortController();
  const first = run({}, { signal: abort.signal }, (context) => {
    const keep = context.heartbeat;
    context.heartbeat = (details) => {
      keep(details);
      abort.abort(new Error('cancelled'));
    };
  });
  await expect(first.result).rejects.toThrow();
  const kept = JSON.parse(JSON.stringify(first.trace.heartbeats.at(-1)));
  expect(kept).toMatchObject({
    positions: [{ name: { S: expect.any(String) }, part: { base64: expect.any(String) } }],
  });
  expect(await left()).toHaveLength(30 - kept.deleted);
  expect(kept.deleted).toBeGreaterThan(0);
  const second = run({}, { attempt: 2, heartbeatDetails: kept });
  expect(await second.result).toEqual({ deleted: 30, renewed: 0, throttled: 0 });
  expect(await left()).toEqual([]);
});

test('no more a second than asked for', async () => {
  await fill(12);
  const begun = performance.now();
  await run({ maxPerSecond: 20, batch: 4 }).result;
  expect(performance.now() - begun).toBeGreaterThan(380);
});

test('a table that is not there', async () => {
  const missing = run({ table: 'missing' });
  await expect(missing.result).rejects.toMatchObject({
    code: 'DYNAMODB_FAILED',
    message: expect.stringContaining('ResourceNotFoundException'),
  });
});

test('waits grow at random, up to a bound', () => {
  expect([0, 1, 2, 3].map((failures) => backoffMs(failures, () => 1))).toEqual([50, 100, 200, 400]);
  expect(backoffMs(40, () => 1)).toBe(20_000);
  expect(backoffMs(3, () => 0.5)).toBe(200);
});

test('a position is plain JSON', () => {
  const key = { a: { N: '1.5' }, b: { B: Buffer.from([0, 255]) } };
  const position = JSON.parse(JSON.stringify(positionAfter(key)));
  expect(keyAt(position)).toEqual(key);
  expect([positionAfter(undefined), keyAt('start')]).toEqual(['done', undefined]);
});

test.each([
  [{ attribute: 'a' }, 'table'],
  [{ table: 'a b', attribute: 'a' }, 'table'],
  [{ table, attribute: '' }, 'attribute'],
  [{ table, attribute: 'a', batch: 26 }, 'batch'],
  [{ table, attribute: 'a', segments: 0 }, 'segments'],
  [{ table, attribute: 'a', maxPerSecond: 0 }, 'maxPerSecond'],
  [{ table, attribute: 'a', olderThan: 'long' }, 'olderThan'],
])('refuses %j', (input, field) => {
  expect(dynamodbExpireTask.input.safeParse(input).error?.issues[0]?.path[0]).toBe(field);
});

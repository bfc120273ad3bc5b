import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';
import { entry, snapshot } from '../store/sample.js';
import { nastyStrings, nulStrings } from '../unit/nasty-strings.js';
import { refusal, startApiOnly } from './api-only.js';
import { send } from './rest-client.js';

const keeping = defineTask({
  name: 'keeping',
  input: z.strictObject({ texts: z.array(z.string()), named: z.record(z.string(), z.string()) }),
  async run() {},
});

/** Texts joined to such of at most so many characters. What is longer by itself is left out. */
function joined(texts: string[], most: number): string[] {
  const parts: string[] = [];
  for (const text of texts.filter((one) => one.length > 0 && one.length <= most)) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + text.length < most) parts[parts.length - 1] = `${last}|${text}`;
    else parts.push(text);
  }
  return parts;
}

const names = nastyStrings.filter((text) => text !== '__proto__');
const half = <Value>(list: Value[], index: number) => list.filter((_, at) => at % 2 === index);

it('keeps every text of a job byte for byte, over REST and tRPC', async () => {
  const { url, project, client } = await startApiOnly({ tasks: [keeping] });
  const descriptions = joined(nastyStrings, 1000);
  const owners = joined(nastyStrings, 100).slice(0, descriptions.length);
  expect(descriptions.length).toBeGreaterThan(8);
  const jobs = descriptions.map((description, index) => ({
    ...{ project, id: `j${index}`, task: 'keeping', schedule: '0 3 * * *', description, owner: owners[index] },
    labels: Object.fromEntries(
      half(names, index % 2).flatMap((text) => (text && text.length <= 100 ? [[text, text]] : [])),
    ),
    // All of them once over each.
    input:
      index > 1
        ? { texts: [], named: {} }
        : { texts: nastyStrings, named: Object.fromEntries(names.map((text) => [text, text])) },
  }));
  for (const [index, job] of jobs.entries()) {
    if (index % 2 === 0) expect((await send(url, 'POST /v1/jobs', { body: job })).status).toBe(201);
    else await client.jobs.create.mutate(job);
    const told = [
      (await send(url, `GET /v1/jobs/${job.id}?project=${project}`)).body,
      await client.jobs.get.query({ project, id: job.id }),
    ];
    for (const { definition } of told) {
      const { description, owner, labels, input } = definition;
      expect({ description, owner, labels, input }).toEqual({
        ...{ description: job.description, owner: job.owner, labels: job.labels, input: job.input },
      });
    }
  }
  for (const label of names.filter((text) => text && text.length <= 100).filter((_, at) => at % 40 === 7)) {
    const query = new URLSearchParams({ project, [`labels[${label}]`]: label });
    const { status, body } = await send(url, `GET /v1/jobs?${query}`);
    expect({ label, status, found: body.items.length > 0 }).toEqual({ label, status: 200, found: true });
  }
});

it('keeps every text of calendars and notes, or refuses it with its place', async () => {
  const { url, project, client, store } = await startApiOnly();
  await store.write([{ snapshot: snapshot(project, 'a'), entries: [entry('a@key:1', { state: 'failed' })] }]);
  const texts = joined(nastyStrings, 1000);
  for (const [index, text] of texts.entries()) {
    const rules = [{ date: '2026-12-25', name: text.slice(0, 100).replace(/\p{Surrogate}/gu, '') }];
    const at = `/v1/calendars/c${index}?project=${project}`;
    const put = await send(url, `PUT ${at}`, { body: { description: text, rules, by: rules[0]?.name } });
    expect(put).toMatchObject({ status: 201, body: { description: text, rules, updatedBy: rules[0]?.name } });
    expect(await client.calendars.get.query({ project, name: `c${index}` })).toMatchObject({
      description: text,
      rules,
    });
    const dismissed = await send(url, `POST /v1/runs/a%40key%3A1/dismiss?project=${project}`, { body: { note: text } });
    expect(dismissed.body.dismissed.note).toBe(text);
  }
  const job = { project, id: 'x', task: 'log', schedule: '1h' };
  const surrogates = ['\ud800', 'a\udc00b', '\udc00\ud800'];
  for (const text of [...nulStrings, ...surrogates]) {
    for (const body of [
      { ...job, description: text },
      { ...job, labels: { a: text } },
      { ...job, labels: { [text]: 'a' } },
      { ...job, input: { message: text } },
    ]) {
      const { status, problem } = await send(url, 'POST /v1/jobs', { body });
      expect({ status, code: problem.code, at: problem.errors?.[0]?.pointer }).toEqual({
        ...{ status: 400, code: 'INPUT_INVALID', at: expect.stringMatching(/^#\/(description|labels|input\/message)/) },
      });
    }
    expect((await refusal(client.jobs.create.mutate({ ...job, description: text }))).code).toBe('INPUT_INVALID');
  }
  const notUtf8 = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"task":"\xff"}', 'latin1'),
  });
  expect([notUtf8.status, ((await notUtf8.json()) as { code: string }).code]).toEqual([400, 'INPUT_INVALID']);
});

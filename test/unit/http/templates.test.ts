import { expect, test } from 'vitest';
import { httpTask } from '../../../src/activities/tasks/http/http.js';
import { nastyStrings, nulStrings } from '../nasty-strings.js';
import { call, listen } from './listener.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const last = (result: unknown) => ({
  runId: 'job@2025-12-31T00:00:00Z',
  scheduledAt: new Date('2025-12-31T00:00:00Z'),
  finishedAt: new Date('2025-12-31T00:00:01.500Z'),
  result,
});

test('url, headers and body are filled in with what is known of the run', async () => {
  const { url, heard } = await listen((response) => response.end());
  const input = {
    url: `${url}{{ job.id }}/{{ run.id }}?at={{ run.scheduledAt }}&since={{ last.finishedAt }}#x`,
    method: 'POST',
    headers: { 'X-Attempt': '{{ run.attempt }} of {{ job.project }}' },
    body: { from: '{{ last.result.cursor }}', list: ['{{ run.effectiveAt }}', 7, null, { deep: '{{ last.runId }}' }] },
  } as const;
  await call(input, { attempt: 3, lastSuccess: last({ cursor: 'a"b' }) });
  expect(heard[0]).toMatchObject({
    path: '/job/job%402026-11-21T09%3A00%3A00Z?at=2026-01-01T00%3A00%3A00Z&since=2025-12-31T00%3A00%3A01.500Z',
    headers: { 'x-attempt': '3 of default' },
  });
  expect(JSON.parse(heard[0]?.body ?? '')).toEqual({
    from: 'a"b',
    list: ['2026-01-01T00:00:00Z', 7, null, { deep: 'job@2025-12-31T00:00:00Z' }],
  });
});

test('before the first success there is no `last`: an error that says what to do, or a default', async () => {
  const { url, heard } = await listen((response) => response.end());
  await expect(call({ url: `${url}{{ last.result.cursor }}` })).rejects.toMatchObject({
    code: 'TEMPLATE_INVALID',
    message: 'Expected `input.url` to be a template that can be filled in: undefined variable: last, line:1, col:27.',
    details: { field: 'input.url', hint: expect.stringContaining('default') },
  });
  await call({ url: `${url}{{ last.result.cursor | default: "0" }}{% if last %}again{% else %}first{% endif %}` });
  expect(heard.map(({ path }) => path)).toEqual(['/0first']);
});

test('a variable that is missing is named with its field, and nothing is sent', async () => {
  const { url, heard } = await listen((response) => response.end());
  const body = { list: ['x', '{{ run.nmae }}'] };
  await expect(call({ url, method: 'POST', body })).rejects.toMatchObject({
    code: 'TEMPLATE_INVALID',
    details: { field: 'input.body.list.1' },
  });
  expect(heard).toEqual([]);
});

test('the ledger is asked for the last success only if a template names it', async () => {
  const { url } = await listen((response) => response.end());
  let asked = 0;
  const lastSuccess = Object.defineProperty(last({}), 'result', {
    enumerable: true,
    get: () => {
      asked++;
      return 1;
    },
  });
  await call({ url: `${url}{{ run.id }}` }, { lastSuccess });
  expect(asked).toBe(0);
});

test('an address that is all of a variable', async () => {
  const { url, heard } = await listen((response) => response.end());
  await call({ url: '{{ last.result.next | raw }}' }, { lastSuccess: last({ next: `${url}page?n=2` }) });
  expect(heard.map(({ path }) => path)).toEqual(['/page?n=2']);
  const bad = call({ url: '{{ last.result.next | raw }}' }, { lastSuccess: last({ next: 'file:///etc/passwd' }) });
  await expect(bad).rejects.toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.url' } });
});

test('a template that takes forever, or all memory, ends with an error', async () => {
  const body =
    '{% for a in (1..9999) %}{% for b in (1..9999) %}{% for c in (1..9999) %}x{% endfor %}{% endfor %}{% endfor %}';
  const url = 'http://127.0.0.1:2/';
  await expect(call({ url, method: 'POST', body })).rejects.toThrow(code('TEMPLATE_INVALID'));
  const vast = '{% for a in (1..999999999) %}{% endfor %}';
  await expect(call({ url, method: 'POST', body: vast })).rejects.toThrow(code('TEMPLATE_INVALID'));
});

/** As HTTP sees a value: without white space around it. */
const inHeader = (text: string) => text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\0-\x08\x0a-\x1f\x7f]/;

test(`${nastyStrings.length} nasty strings as parts of the body, filled in and literal, arrive byte for byte`, async () => {
  expect(nastyStrings.length).toBeGreaterThanOrEqual(515);
  const { url, heard } = await listen((response) => response.end());
  const all = [...nastyStrings, ...nulStrings];
  await call({ url, method: 'POST', template: false, body: all });
  expect(JSON.parse(heard[0]?.body ?? '')).toEqual(all);
  const body = { list: all.map((_, index) => `{{ last.result[${index}] }}`) };
  await call({ url, method: 'POST', body }, { lastSuccess: last(all) });
  expect(JSON.parse(heard[1]?.body ?? '')).toEqual({ list: all });
  const text = '[{% for one in last.result %}{{ one | json }}{% unless forloop.last %},{% endunless %}{% endfor %}]';
  await call({ url, method: 'POST', body: text }, { lastSuccess: last(all) });
  expect(JSON.parse(heard[2]?.body ?? '')).toEqual(all);
});

test('each nasty string as text, path and query arrives byte for byte', async () => {
  const { url, heard } = await listen((response) => response.end());
  for (const nasty of [...nastyStrings, ...nulStrings]) {
    const input = {
      url: `${url}a{{ last.result }}b/?q={{ last.result }}`,
      method: 'POST',
      body: '{{ last.result }}',
    } as const;
    await call(input, { lastSuccess: last(nasty) });
    const { path, body } = heard.pop() as (typeof heard)[number];
    const [before, query] = path.split('/?q=');
    expect([decodeURIComponent(before ?? ''), decodeURIComponent(query ?? ''), body]).toEqual([
      `/a${nasty}b`,
      nasty,
      nasty,
    ]);
  }
}, 30_000);

test.each(['.', '..'])('%s cannot be a part of a path: it would climb', async (text) => {
  const refused = call({ url: 'http://127.0.0.1:2/items/{{ last.result }}/x' }, { lastSuccess: last(text) });
  await expect(refused).rejects.toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.url' } });
});

test('each nasty string as a header arrives as UTF-8, or is refused before anything is sent', async () => {
  const { url, heard } = await listen((response) => response.end());
  const refused: string[] = [];
  for (const nasty of [...nastyStrings, ...nulStrings]) {
    const answers = await Promise.allSettled([
      call({ url, headers: { 'X-Nasty': nasty }, template: false }),
      call({ url, headers: { 'X-Nasty': '{{ last.result }}' } }, { lastSuccess: last(nasty) }),
    ]);
    const values = heard
      .splice(0)
      .map(({ headers }) => Buffer.from(String(headers['x-nasty']), 'latin1').toString('utf8'));
    if (answers.some(({ status }) => status === 'rejected')) {
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect((answers[1] as PromiseRejectedResult).reason).toMatchObject({
        details: { field: 'input.headers.X-Nasty' },
      });
      expect(values).toEqual([]);
      refused.push(nasty);
    } else expect(values).toEqual([inHeader(nasty), inHeader(nasty)]);
  }
  expect(refused).toEqual([...nastyStrings, ...nulStrings].filter((nasty) => controls.test(inHeader(nasty))));
}, 30_000);

test('each nasty string as a template: refused at submission with its path, or sent', () => {
  for (const nasty of nastyStrings) {
    const input = { url: 'http://127.0.0.1/', method: 'POST', body: { a: [nasty] } };
    const { error } = httpTask.input.safeParse(input);
    expect(error?.issues.map(({ path }) => path) ?? []).toEqual(error ? [['body', 'a', 0]] : []);
  }
});

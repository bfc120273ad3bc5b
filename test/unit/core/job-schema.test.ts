import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { builtInTasks } from '../../../src/activities/tasks/index.js';
import { publishedInputs } from '../../../src/cli/files/published-schema.js';
import { jobSchema } from '../../../src/core/job-schema.js';
import { defineTask } from '../../../src/core/task/task.js';
import { carillon } from '../../cli/terminal.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const published = JSON.parse(readFileSync(join(root, 'schema/job.schema.json'), 'utf8'));

function judge(schema: object) {
  const check = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  return (value: unknown) => {
    check(value);
    return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

describe('the JSON Schema of job files', () => {
  it('is published as the code has it: else run `npm run schema`', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(jobSchema(builtInTasks))));
  });

  it('is printed by carillon schema', async () => {
    const { code, out } = await carillon(['schema']);
    expect({ code, printed: JSON.parse(out) }).toEqual({ code: 0, printed: published });
  });

  it('can be read back, so that `carillon validate` needs no server', () => {
    expect([...publishedInputs().keys()].sort()).toEqual(builtInTasks.map(({ name }) => name).sort());
  });

  it('has examples that fit it', () => {
    const faults = judge(published);
    expect(published.examples.length).toBeGreaterThan(0);
    expect(published.examples.flatMap(faults)).toEqual([]);
  });

  const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.ya?ml$/.test(path))
    .map((path) => [path, readFileSync(join(root, 'examples', path), 'utf8')] as const)
    .filter(([, text]) => /^task:/m.test(text));
  it.each(examples)('takes examples/%s as it is written, and names the schema for editors', (path, text) => {
    const faults = judge(published);
    const documents = [...parseAllDocuments(text)].map((document) => document.toJS());
    expect(documents.length).toBeGreaterThan(0);
    expect(documents.flatMap(faults)).toEqual([]);
    const named = /^# yaml-language-server: \$schema=(.*)$/m.exec(text)?.[1] ?? '';
    expect(join(root, 'examples', path, '..', named)).toBe(join(root, 'schema/job.schema.json'));
  });

  const job = { id: 'a', task: 'log', input: { message: 'x' }, schedule: '1h' };
  it.each([
    [{ ...job, schedule: { crontab: '0 30 9 *', timezone: 'Europe/Berlin' } }],
    [{ ...job, schedule: { run_once: true } }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what people write.
    [{ ...job, id: '${NAME}', lane: '${LANE:-heavy}' }],
    [{ ...job, task: 'my.own', input: 5 }],
  ])('takes %j', (value) => {
    expect(judge(published)(value)).toEqual([]);
  });

  it.each([
    [{ ...job, id: undefined }, " must have required property 'id'"],
    [{ ...job, id: '-' }, /^\/id /],
    [{ ...job, lane: 'fast' }, /^\/lane /],
    [{ ...job, colour: 'red' }, ' must NOT have additional properties'],
    [{ ...job, schedule: { evry: '1h' } }, /^\/schedule must NOT have additional/],
    [{ ...job, input: {} }, /^\/input must have required property 'message'/],
    [{ ...job, input: undefined }, / must have required property 'input'/],
    [{ ...job, task: 'http', input: { url: 'http://x', method: 'FETCH' } }, /^\/input\/method /],
  ])('refuses %j', (value, expected) => {
    const faults = judge(published)(JSON.parse(JSON.stringify(value)));
    expect(faults).toContainEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  it('holds tasks whose input contains itself', () => {
    type Tree = { name: string; children?: Tree[] };
    const tree: z.ZodType<Tree> = z.strictObject({
      name: z.string(),
      children: z.lazy(() => z.array(tree)).optional(),
    });
    const grow = defineTask({ name: 'grow', input: z.strictObject({ tree }), run: () => undefined });
    const faults = judge(jobSchema([grow]));
    const input = { tree: { name: 'a', children: [{ name: 'b' }] } };
    expect(faults({ ...job, task: 'grow', input })).toEqual([]);
    expect(faults({ ...job, task: 'grow', input: { tree: { name: 'a', children: [{}] } } })).toEqual([
      expect.stringMatching(/^\/input\/tree\/children\/0 /),
      expect.anything(),
    ]);
  });
});

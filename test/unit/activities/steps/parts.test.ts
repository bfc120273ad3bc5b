import { describe, expect, test } from 'vitest';
import { readFrames } from '../../../../src/activities/sandbox/docker/frames.js';
import { readTar } from '../../../../src/activities/sandbox/docker/tar-reader.js';
import { writeTar } from '../../../../src/activities/sandbox/docker/tar-writer.js';
import { parseCondition } from '../../../../src/activities/tasks/steps/condition.js';
import { fits } from '../../../../src/activities/tasks/steps/glob.js';
import { limitsOf } from '../../../../src/activities/tasks/steps/limits.js';
import { LineLog } from '../../../../src/activities/tasks/steps/line-log.js';
import { stepsTask } from '../../../../src/activities/tasks/steps/steps.js';
import { readOutputs } from '../../../../src/activities/tasks/steps/variables.js';
import { parseWith } from '../../../../src/core/prepare.js';

describe('conditions', () => {
  const steps = new Map([
    ['a', { outcome: 'failure' as const, outputs: new Map([['x', "it's"]]) }],
    ['b-c', { outcome: 'success' as const, outputs: new Map<string, string>() }],
  ]);

  test.each([
    ['success()', true, false],
    ['failure()', false, true],
    ['always()', true, true],
    ['!success()', false, true],
    ["steps.a.outcome == 'failure'", true, false],
    ["always() && steps.a.outcome == 'failure'", true, true],
    ["steps.b-c.outcome != 'success' || failure()", false, true],
    ["(failure() || success()) && steps.a.outputs.x == 'it''s'", true, true],
    ['steps.b-c.outputs.none', false, false],
    ['true', true, false],
    ["always() && 'false'", false, false],
    ["failure() || always() && steps.a.outcome == 'success'", false, true],
  ])('%s holds: %s, after a failure: %s', (text, well, failed) => {
    const condition = parseCondition(text);
    expect([condition.holds({ failed: false, steps }), condition.holds({ failed: true, steps })]).toEqual([
      well,
      failed,
    ]);
  });

  test.each([
    ['', 1],
    ['success', 8],
    ['success() &&', 13],
    ['success() success()', 11],
    ['(always()', 10],
    ['steps.a', 1],
    ['steps.a.outcome.x', 1],
    ['process.exit()', 1],
    ["steps.a.outcome = 'x'", 17],
    ["'open", 1],
    ['constructor()', 1],
    ['!'.repeat(1000), 1001],
  ])('%s does not read, at character %i', (text, at) => {
    expect(() => parseCondition(text)).toThrow(`at character ${at}.`);
  });
});

test.each([
  ['node:*', 'node:20', true],
  ['node:*', 'node', false],
  ['node:*', 'evil/node:20', false],
  ['*', 'registry.example.org/tool:1', false],
  ['**', 'registry.example.org/tool:1', true],
  ['registry.example.org/*/tool:1.?', 'registry.example.org/team/tool:1.2', true],
  ['a.b', 'aXb', false],
  ['**/*.txt', 'x.txt', true],
  ['**/*.txt', 'a/b/x.txt', true],
  ['out/**', 'out/a/b', true],
  ['out/**', 'outer/a', false],
  ['a**b', 'a/x/b', true],
  ['[a]+', 'a', false],
  [`${'*a'.repeat(40)}b`, 'a'.repeat(5000), false],
])('%s fits %s: %s', (pattern, name, expected) => {
  expect(fits(pattern, name)).toBe(expected);
});

test('outputs are name=value lines', () => {
  const { outputs, faults } = readOutputs('a=1\r\nb=x=y\n\nno\n1=2\na=2\nc=');
  expect([...outputs]).toEqual([
    ['a', '2'],
    ['b', 'x=y'],
    ['c', ''],
  ]);
  expect(faults).toEqual([4, 5]);
});

describe('lines', () => {
  function logOf(options: { bytes?: number; lines?: number }) {
    const lines: string[] = [];
    const log = new LineLog({
      ...options,
      line: (stream, text) => lines.push(`${stream[3]} ${text}`),
      cut: () => lines.push('cut'),
    });
    return { log, lines };
  }

  test('are made of pieces, each stream by itself', () => {
    const { log, lines } = logOf({});
    const euro = Buffer.from('€');
    log.print('stdout', Buffer.concat([Buffer.from('a\nb'), euro.subarray(0, 1)]));
    log.print('stderr', Buffer.from('x\r\n\n'));
    log.print('stdout', Buffer.concat([euro.subarray(1), Buffer.from('\nrest')]));
    log.end();
    expect(lines).toEqual(['o a', 'e x', 'e ', 'o b€', 'o rest']);
  });

  test('are cut once, in bytes', () => {
    const { log, lines } = logOf({ bytes: 5 });
    expect(log.print('stdout', Buffer.from('ab\n'))).toBe(true);
    expect(log.print('stdout', Buffer.from('cdef\n'))).toBe(false);
    expect(log.print('stdout', Buffer.from('g\n'))).toBe(false);
    log.end();
    expect(lines).toEqual(['o ab', 'o cd', 'cut']);
  });

  test('are cut once, in number', () => {
    const { log, lines } = logOf({ lines: 2 });
    expect(log.print('stdout', Buffer.from('a\nb\nc\nd\n'))).toBe(false);
    log.end();
    expect(lines).toEqual(['o a', 'o b', 'cut']);
  });

  test('that are very long come in pieces', () => {
    const { log, lines } = logOf({});
    log.print('stdout', Buffer.from('x'.repeat(40_000)));
    log.end();
    expect(lines.map((line) => line.length - 2)).toEqual([16_384, 16_384, 40_000 - 2 * 16_384]);
  });
});

async function* inPieces(body: Buffer, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += bytes) yield body.subarray(at, at + bytes);
}

test.each([1, 3, 8, 1000])('frames in pieces of %i bytes are put together', async (bytes) => {
  const frame = (stream: number, text: string) => {
    const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const body = Buffer.concat([frame(1, 'hello'), frame(1, ''), frame(2, 'bad'), frame(1, ' you')]);
  const out = { stdout: '', stderr: '' };
  for await (const { stream, chunk } of readFrames(inPieces(body, bytes))) out[stream] += Buffer.from(chunk);
  expect(out).toEqual({ stdout: 'hello you', stderr: 'bad' });
});

test.each([1, 100, 513, 100_000])('an archive in pieces of %i bytes is read as it was written', async (bytes) => {
  const files = { 'a/b.txt': 'x'.repeat(1000), [`${'long/'.repeat(100)}ü`]: '', 'c d': 'é' };
  const entries = Object.entries(files).map(([path, text]) => ({ path, text, mode: 0o644 }));
  const body = writeTar([{ path: 'a/', mode: 0o755 }, ...entries], { uid: 1, gid: 2 });
  const read: Record<string, string> = {};
  for await (const file of readTar(inPieces(body, bytes))) {
    const chunks: Uint8Array[] = [];
    // What is not read of one must not disturb the next.
    if (file.path !== 'c d') for await (const chunk of file.body()) chunks.push(chunk);
    read[file.path] = Buffer.concat(chunks).toString();
  }
  expect(read).toEqual({ ...files, 'c d': '' });
});

test('an archive that ends early is refused', async () => {
  const body = writeTar([{ path: 'a', text: 'x'.repeat(2000), mode: 0o644 }], { uid: 1, gid: 2 }).subarray(0, 2000);
  const read = async () => {
    for await (const file of readTar(inPieces(body, 512))) for await (const _ of file.body());
  };
  await expect(read()).rejects.toThrow('Expected a whole archive');
});

test('limits are those of the configuration, or less', () => {
  expect(limitsOf({ cpus: 0.5 }, { memoryMiB: 64 })).toEqual({
    memoryMiB: 64,
    cpus: 0.5,
    processes: 256,
    fileMiB: 1024,
  });
  expect(() => limitsOf({ memoryMiB: 65 }, { memoryMiB: 64 })).toThrow('`input.limits.memoryMiB` to be at most 64');
});

describe('input', () => {
  const step = { name: 'x', run: 'true' };

  test.each<[string, unknown]>([
    ['input.steps', {}],
    ['input.steps', { steps: [] }],
    ['input.steps.0.run', { steps: [{ name: 'x' }] }],
    ['input.steps.0.run', { steps: [{ ...step, uses: 'y' }] }],
    ['input.steps.0.run', { steps: [{ name: 'x', run: [] }] }],
    ['input.steps.0.run.1', { steps: [{ name: 'x', run: ['a', 'b\0c'] }] }],
    ['input.steps.0.run.1', { steps: [{ name: 'x', run: ['a', '\ud800'] }] }],
    ['input.steps.0.with', { steps: [{ ...step, with: { a: 'b' } }] }],
    ['input.steps.0.name', { steps: [{ ...step, name: 'a b' }] }],
    ['input.steps.1.name', { steps: [step, step] }],
    ['input.steps.0.timeout', { steps: [{ ...step, timeout: 'soon' }] }],
    ['input.steps.0.workdir', { steps: [{ ...step, workdir: '../up' }] }],
    ['input.steps.0.workdir', { steps: [{ ...step, workdir: '/etc' }] }],
    ['input.steps.0.if', { steps: [{ ...step, if: 'nope()' }] }],
    ['input.steps.0.if', { steps: [{ ...step, if: "steps.x.outcome == 'failure'" }] }],
    ['input.steps.0.env.A', { steps: [{ ...step, env: { A: `\${{ steps.y.outputs.z }}` } }] }],
    ['input.steps.0.env.A', { steps: [{ ...step, env: { A: `\${{ secrets.z }}` } }] }],
    ['input.steps.0.env.A=B', { steps: [{ ...step, env: { 'A=B': '' } }] }],
    ['input.steps.0.env.CARILLON_RUN', { steps: [{ ...step, env: { CARILLON_RUN: 'x' } }] }],
    ['input.steps.0.env.A', { steps: [{ ...step, env: { A: 1 } }] }],
    ['input.steps.0.shell', { steps: [{ ...step, shell: 'bash' }] }],
    ['input.image', { image: '--privileged', steps: [step] }],
    ['input.artifacts.0', { artifacts: ['../x'], steps: [step] }],
    ['input.workspace.files.../x', { workspace: { files: { '../x': '' } }, steps: [step] }],
    ['input.limits.memoryMiB', { limits: { memoryMiB: 1 }, steps: [step] }],
  ])('is refused at %s', (field, input) => {
    expect(() => parseWith(stepsTask.input, input, 'TASK_INPUT_INVALID', 'input')).toThrow(
      expect.objectContaining({ code: 'TASK_INPUT_INVALID', details: expect.objectContaining({ field }) }),
    );
  });
});

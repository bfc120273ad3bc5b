import { describe, expect, it } from 'vitest';
import { faultsAt, printFault } from '../../../src/cli/files/fault.js';
import { parseJobFile } from '../../../src/cli/files/job-file.js';
import { CarillonError } from '../../../src/core/errors.js';

function parse(text: string) {
  return parseJobFile('jobs.yaml', text, 'default');
}
function faults(text: string): string[] {
  return parse(text).faults.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path ?? ''}`.trim());
}

const good = `id: a
task: http
input:
  url: https://example.org
  headers: { x-one: "1" }
schedule: { every: 1h }
labels:
  tier.name: gold
`;

describe('parseJobFile', () => {
  it('reads several documents of one file, empty ones aside', () => {
    const { documents, faults } = parse(
      `---\n${good}---\n---\n# nothing\n---\nproject: other\nid: b\ntask: log\nschedule: {cron: "* * * * *"}\n`,
    );
    expect(faults).toEqual([]);
    expect(documents.map(({ project, id }) => `${project}/${id}`)).toEqual(['default/a', 'other/b']);
    expect(documents[0]?.definition).not.toHaveProperty('id');
  });

  it('knows where every field stands', () => {
    const [document] = parse(good).documents;
    const at = (path: string) => {
      const { line, column } = document?.locate(path, 'value') ?? { line: 0, column: 0 };
      return `${line}:${column}`;
    };
    expect(at('task')).toBe('2:7');
    expect(at('input')).toBe('3:1');
    expect(at('input.url')).toBe('4:8');
    expect(at('input.headers.x-one')).toBe('5:21');
    expect(at('input.method')).toBe('3:1');
    expect(at('schedule.every')).toBe('6:20');
    expect(at('labels.tier.name')).toBe('8:14');
    expect(at('nothing.at.all')).toBe('1:1');
    expect(at('')).toBe('1:1');
  });

  it('counts positions from the start of the file, also in a later document', () => {
    expect(faults(`${good}---\nid: b\ntask: log\nschedule:\n  every: soon\n`)).toEqual([
      '13:10 INPUT_INVALID schedule.every',
    ]);
  });

  it('points at unknown and missing fields', () => {
    expect(faults('id: a\ntask: log\nschedule: {every: 1h}\ncolour: red\n')).toEqual(['4:1 INPUT_INVALID colour']);
    expect(faults('# a job\nid: a\ntask: log\n')).toEqual(['2:1 INPUT_INVALID schedule']);
    expect(faults('task: log\nschedule: {every: 1h}\n')).toEqual(['1:1 INPUT_INVALID id']);
  });

  it('follows aliases', () => {
    const text = 'id: a\ntask: log\nschedule: &s {every: soon}\ninput: *s\n';
    expect(faults(text)).toEqual(['3:22 INPUT_INVALID schedule.every']);
  });

  it.each([
    ['broken YAML', 'id: a\n  task: log\n: [', /^\d+:\d+ FILE_INVALID$/],
    ['a key given twice', 'id: a\nid: b\n', /^2:1 FILE_INVALID$/],
    ['a list', '- id: a\n', /^1:1 FILE_INVALID$/],
    ['plain text', 'hello\n', /^1:1 FILE_INVALID$/],
    ['nothing', '', /^1:1 FILE_INVALID$/],
    ['only comments', '# hello\n---\n', /^1:1 FILE_INVALID$/],
    ['an unknown alias', 'id: *a\n', /^\d+:\d+ FILE_INVALID$/],
    ['an alias that repeats for ever', bomb(), /^1:1 FILE_INVALID$/],
  ])('refuses %s with its place', (_, text, expected) => {
    expect(faults(text)[0]).toMatch(expected);
    expect(parse(text).documents).toEqual([]);
  });

  it('keeps dates and versions the text they are', () => {
    const { documents } = parse(
      'id: a\ntask: log\ninput: {day: 2026-11-21, yes: no}\nschedule: {at: 2026-12-01T09:00:00Z}\n',
    );
    expect(documents[0]?.definition).toMatchObject({
      input: { day: '2026-11-21', yes: 'no' },
      schedule: { at: '2026-12-01T09:00:00Z' },
    });
  });
});

describe('faultsAt', () => {
  it('prints an error of the API where its field stands', () => {
    const [document] = parse(good).documents;
    if (!document) throw new Error('no document');
    const error = new CarillonError('TASK_INPUT_INVALID', 'all of it', {
      faults: [
        { field: 'input.url', message: 'Invalid URL', value: 'x' },
        { field: 'input.method', message: 'Required' },
      ],
      hint: 'Correct it.',
    });
    expect(faultsAt(document, error).map(printFault).join('')).toBe(
      'jobs.yaml:4:8: TASK_INPUT_INVALID input.url: Invalid URL\n' +
        'jobs.yaml:3:1: TASK_INPUT_INVALID input.method: Required\n' +
        '  → Correct it.\n',
    );
  });
});

/** Nine levels of nine references each. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) =>
    level === 0
      ? 'l0: &l0 [x]'
      : `l${level}: &l${level} [${Array(9)
          .fill(`*l${level - 1}`)
          .join(',')}]`,
  );
  return `${levels.join('\n')}\n`;
}

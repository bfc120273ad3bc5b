import { describe, expect, it } from 'vitest';
import { printFault } from '../../../src/cli/files/fault.js';
import { parseJobFile } from '../../../src/cli/files/job-file.js';

const env = { HOST: 'example.org', EMPTY: '', SEVEN: '7', LIST: '[a, b]', LINES: 'a\nb: c' };

function read(text: string) {
  return parseJobFile('job.yaml', text, 'default', env);
}
function inputOf(value: string): unknown {
  const { documents, faults } = read(`id: a\ntask: log\nschedule: 1h\ninput: ${value}\n`);
  expect(faults.map(printFault)).toEqual([]);
  return documents[0]?.definition.input;
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: it is what people write.
describe('variables in job files', () => {
  it.each([
    ['https://${HOST}/x', 'https://example.org/x'],
    ['"${HOST}:${SEVEN}"', 'example.org:7'],
    ["'${NONE:-a b}'", 'a b'],
    ['${EMPTY:-other}', 'other'],
    ['${NONE:-}', ''],
    ['"${EMPTY}"', ''],
    ['${SEVEN}', '7'],
    ['${LIST}', '[a, b]'],
    ['${LINES}', 'a\nb: c'],
    ['$${HOST} $HOST $(HOST)', '${HOST} $HOST $(HOST)'],
    ['"$$${HOST}"', '$${HOST}'],
    ['{ "${HOST}": "${HOST}" }', { '${HOST}': 'example.org' }],
    ['["${HOST}", { deep: "${SEVEN}" }]', ['example.org', { deep: '7' }]],
    ['|\n  one ${HOST}\n  two ${SEVEN}', 'one example.org\ntwo 7\n'],
    ['&x "${HOST}"\nowner: *x', 'example.org'],
    ['x # ${NONE}', 'x'],
  ])('%j is %j', (value, expected) => {
    expect(inputOf(value)).toEqual(expected);
  });

  it('puts them into ids, schedules and labels; text stays text', () => {
    const { documents } = read(
      'id: job-${SEVEN}\ntask: log\nschedule: ${NONE:-0 3 * * *}\nlabels: { a: "${SEVEN}" }\n',
    );
    expect(documents[0]).toMatchObject({
      id: 'job-7',
      definition: { schedule: '0 3 * * *', labels: { a: '7' } },
    });
    const { faults } = read('id: a\ntask: log\nschedule: 1h\npriority: ${SEVEN}\n');
    expect(faults.map(printFault)[0]).toMatch(/^job\.yaml:4:11: INPUT_INVALID priority: /);
  });

  it('refuses each that is unset, at its own place', () => {
    const text = 'id: a\ntask: log\nschedule: 1h\nowner: "x ${ONE} ${TWO}"\ninput:\n  - b\n  - c ${THREE}\n';
    expect(read(text).documents).toEqual([]);
    expect(read(text).faults.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)).toEqual([
      '4:11 FILE_INVALID Expected the environment to have "ONE", found it unset.',
      '4:18 FILE_INVALID Expected the environment to have "TWO", found it unset.',
      '7:7 FILE_INVALID Expected the environment to have "THREE", found it unset.',
    ]);
    expect(read(text).faults[0]?.hint).toContain('`${ONE:-value}`');
  });

  it('leaves double braces to the task', () => {
    const { documents, faults } = read('id: a\ntask: log\nschedule: 1h\nowner: "${{ steps.x }}"\n');
    expect(faults).toEqual([]);
    expect(documents[0]?.definition).toMatchObject({ owner: '${{ steps.x }}' });
  });

  it.each(['${}', '${a.b}', '${HOST:?}', '${HOST', '${1}'])('refuses %s, saying how to write it', (text) => {
    const { faults } = read(`id: a\ntask: log\nschedule: 1h\nowner: "${text}"\n`);
    expect(faults).toMatchObject([{ line: 4, column: 9, code: 'FILE_INVALID', hint: expect.stringContaining('$${') }]);
  });

  it('says of a reference in brackets that it wants quotes', () => {
    const { faults } = read('id: a\ntask: log\nschedule: 1h\ninput: { url: ${HOST} }\n');
    expect(faults[0]).toMatchObject({ line: 4, hint: expect.stringContaining('quotes') });
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: it is what people write.

import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { exitCodeHelp } from '../../src/cli/exit.js';
import { createProgram } from '../../src/cli/program.js';
import { readPage, tableOf } from './pages.js';

const page = readPage('docs/cli.md');
const program = createProgram(
  { out: () => {}, err: () => {}, env: {}, cwd: '/', now: () => 0, colour: false },
  () => {},
);

/** Commands that do something, with their names in full. */
function commandsOf(parent: Command, names: string[] = []): [string[], Command][] {
  return parent.commands.flatMap((command) => {
    const path = [...names, command.name()];
    return command.commands.length > 0 ? commandsOf(command, path) : [[path, command] as [string[], Command]];
  });
}

function optionsOf(command: Command): string[][] {
  return command.options.map(({ flags, description, argChoices }) => [
    `\`${flags}\``,
    argChoices ? `${description}: ${argChoices.join(', ')}` : description,
  ]);
}

function sectionOf(heading: string): string {
  const [, rest] = page.split(`\n${heading}\n`);
  return rest?.split(/\n##/)[0] ?? '';
}

test('options for every command', () => {
  expect(tableOf(sectionOf('## For every command'), 'Option')).toEqual(optionsOf(program));
});

test.each(commandsOf(program).map(([path, command]) => [path.join(' '), command] as const))(
  'carillon %s',
  (name, command) => {
    const given = command.registeredArguments.map((one) => (one.required ? ` <${one.name()}>` : ` [${one.name()}]`));
    const section = sectionOf(`### \`carillon ${name}${given.join('')}\``);
    expect(section.trim().split('\n')[0]).toBe(command.description());
    const documented = section.includes('| Option |') ? tableOf(section, 'Option') : [];
    expect(documented).toEqual(optionsOf(command));
  },
);

test('no command is there that the program lacks', () => {
  expect(page.match(/^### `carillon /gm)).toHaveLength(commandsOf(program).length);
});

test('exit codes', () => {
  const codes = [...exitCodeHelp.matchAll(/^ {2}(\d) {2}(.*)$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(tableOf(page, 'Code', 'Meaning')).toEqual(codes);
});

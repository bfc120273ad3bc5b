import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { builtInTasks } from '../../src/activities/tasks/index.js';
import { printFault } from '../../src/cli/files/fault.js';
import { parseJobFile } from '../../src/cli/files/job-file.js';
import { prepareDefinition } from '../../src/core/prepare.js';
import { calendarNames } from '../../src/core/schedule/index.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import { defineTask } from '../../src/core/task/task.js';
import { carillon } from '../cli/terminal.js';
import { type Block, blocks, root, wordsOf } from './pages.js';

const of = (language: string, fits: (block: Block) => boolean = () => true) =>
  blocks.filter((block) => block.language === language && fits(block)).map((block) => [block.at, block] as const);

test('every block says what it is', () => {
  const known: Record<string, RegExp> = {
    ts: /^$/,
    yaml: /^$/,
    sh: /^(now=\S+( exit=\d)?|needs-server|temporal|not-run .+)$/,
    text: /^$/,
    mermaid: /^$/,
  };
  expect(blocks.filter(({ language, info }) => !known[language]?.test(info)).map(({ at }) => at)).toEqual([]);
});

describe('yaml', () => {
  const feed = defineTask({ name: 'feed.read', input: z.strictObject({ url: z.url() }), run: () => undefined });
  const registry = new TaskRegistry([...builtInTasks, feed]);
  const now = Date.parse('2026-11-21T09:00:00Z');

  test.each(of('yaml'))('%s is a job file', (at, { text }) => {
    const { documents, faults } = parseJobFile(at, text, 'default');
    expect(faults.map(printFault)).toEqual([]);
    for (const { definition } of documents) {
      const calendars = Object.fromEntries(
        calendarNames(definition.schedule).map((name) => [name, { revision: 1, rules: [] }]),
      );
      expect(prepareDefinition(definition, registry, now, { seed: at, calendars }).words).not.toBe('');
    }
  });
});

describe('sh', () => {
  test.each(of('sh', ({ info }) => info.startsWith('now=')))('%s prints what the page shows', async (_, block) => {
    const settings = Object.fromEntries(block.info.split(' ').map((pair) => pair.split('=') as [string, string]));
    const [npx, name, ...argv] = wordsOf(block.text);
    expect([npx, name]).toEqual(['npx', 'carillon']);
    const now = Date.parse(settings.now ?? '');
    const { code, out, err } = await carillon(argv, { cwd: root, now: () => now });
    expect({ code, output: out + err }).toEqual({ code: Number(settings.exit ?? 0), output: block.output });
  });

  /** Lines that need a server are at least lines the program takes: it gets as far as finding no server. */
  const lines = of('sh', ({ info }) => info === 'needs-server').flatMap(([at, { text }]) =>
    [...text.matchAll(/npx carillon (.*)$/gm)].map((match) => [at, (match[1] as string).split(/ \| |\) /)[0]] as const),
  );
  test.each(lines)('%s: carillon %s', async (_, line) => {
    const argv = [...wordsOf(line ?? ''), '--url', 'http://127.0.0.1:2'];
    const { code, err } = await carillon(argv, { cwd: root });
    // A comparison has exit codes of its own.
    expect({ code, err }).toMatchObject({
      code: argv[0] === 'diff' ? 2 : 3,
      err: expect.stringMatching(/API_UNREACHABLE|Start it with/),
    });
  });

  test.each(of('sh', ({ info }) => info === 'needs-server'))('%s names files that exist', (_, { text }) => {
    const files = text.match(/\bexamples\/\S+/g) ?? [];
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

test('TypeScript compiles against the sources', () => {
  // Inside the repository, so that packages are found where users of the repository have them.
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache/blocks-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = of('ts').map(([at, { text }], index) => {
    const file = `block-${index}.ts`;
    writeFileSync(join(folder, file), text);
    return { at, file };
  });
  expect(files.length).toBeGreaterThan(2);
  // A planted mistake shows that the check would see one.
  writeFileSync(join(folder, 'planted.ts'), "import { defineTask } from 'carillon';\ndefineTask({ name: 5 });\n");
  const compilerOptions = {
    rootDir: root,
    paths: { carillon: [join(root, 'src/index.ts')], 'carillon/kit': [join(root, 'src/kit/index.ts')] },
  };
  const settings = { extends: join(root, 'tsconfig.json'), compilerOptions };
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ ...settings, include: [folder, join(root, 'examples')], exclude: [] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  });
  const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
  const named = errors.map((line) => files.reduce((text, { at, file }) => text.replace(file, `${file} (${at})`), line));
  expect(named.filter((line) => !line.includes('planted.ts'))).toEqual([]);
  expect(named.filter((line) => line.includes('planted.ts'))).not.toEqual([]);
}, 60_000);

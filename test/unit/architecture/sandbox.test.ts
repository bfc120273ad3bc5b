import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { build } from '../../../scripts/build.mjs';
import { root } from './sources.js';

/*
 * Workflow code runs in a sandbox without Node, network or timers of its own. What is missing there fails the workflow
 * task, which is retried for ever: so it must fail here, at compile time or in the bundle.
 */
describe('the compiler', () => {
  test('accepts src/workflows without Node and without a browser', () => {
    expect(compile(join(root, 'tsconfig.workflows.json'))).toEqual({ status: 0, output: '' });
  }, 60_000);

  test('refuses what the sandbox lacks', () => {
    const planted = {
      process: 'export const port = process.env.PORT;',
      fetch: "export const answer = fetch('http://127.0.0.1/');",
      setInterval: 'export const timer = setInterval(() => {}, 1000);',
      structuredClone: 'export const copy = structuredClone({});',
      crypto: 'export const id = crypto.randomUUID();',
      Buffer: "export const bytes = Buffer.from('');",
      'node:fs': "import { readFileSync } from 'node:fs';\nexport const text = readFileSync('x', 'utf8');",
    };
    const folder = mkdtempSync(join(tmpdir(), 'carillon-sandbox-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = Object.entries(planted).map(([name, text]) => {
      const file = `${name.replace(':', '-')}.ts`;
      writeFileSync(join(folder, file), text);
      return { name, file };
    });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'fine.ts'), 'export const now = Date.now();');
    const settings = { extends: join(root, 'tsconfig.workflows.json'), compilerOptions: { rootDir: folder } };
    const config = join(folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ ...settings, include: [folder] }));
    const { status, output } = compile(config);
    expect(status).not.toBe(0);
    const found = files.filter(({ name, file }) =>
      output.split('\n').some((line) => line.includes(file) && line.includes(`'${name}'`)),
    );
    expect(found).toEqual(files);
    expect(output).not.toContain('fine.ts');
  }, 60_000);
});

describe('the bundle', () => {
  /** Bytes of each module, by its path. */
  let modules: Map<string, number>;

  beforeAll(async () => {
    const { bundle } = await build({ skip: process.env.CARILLON_SKIP_BUILD === '1' });
    modules = modulesOf(readFileSync(bundle, 'utf8'));
  }, 300_000);

  test('holds the workflows and of other packages only what the SDK needs', () => {
    const own = [...modules.keys()].filter((path) => path.startsWith('./dist/'));
    expect(own).toContain('./dist/workflows/job.js');
    expect(own.filter((path) => !/^\.\/dist\/(workflows|core)\//.test(path))).toEqual([]);
    const packages = new Set([...modules.keys()].map(packageOf).filter((name) => name !== undefined));
    const others = [...packages].filter((name) => !name.startsWith('@temporalio/'));
    // Each of these is a dependency of @temporalio/workflow or @temporalio/common.
    expect(others.filter((name) => !sdkNeeds.includes(name))).toEqual([]);
  });

  test('holds no schema library, no calendar and no part of Node', () => {
    const forbidden = /zod|cron|node:|\/core\/(prepare|definition|schedule|task)/;
    expect([...modules.keys()].filter((path) => forbidden.test(path))).toEqual([]);
  });

  test('is small where it is ours', () => {
    const own = [...modules].filter(([path]) => path.startsWith('./dist/'));
    const sizeOf = (part: typeof own) => part.reduce((sum, [, bytes]) => sum + bytes, 0);
    const backfills = own.filter(([path]) => path.includes('/backfill'));
    expect(sizeOf(backfills)).toBeLessThan(35_000);
    const fanOuts = own.filter(([path]) => path.includes('/fan-out'));
    expect(sizeOf(fanOuts)).toBeLessThan(35_000);
    expect(sizeOf(own) - sizeOf(backfills) - sizeOf(fanOuts)).toBeLessThan(142_000);
    expect([...modules.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(2_500_000);
  });

  test('keeps nothing between workflows: its modules are loaded once for all of them', () => {
    const own = [...modules.keys()].filter((path) => path.startsWith('./dist/'));
    expect(own.flatMap((path) => stateOf(readFileSync(join(root, path), 'utf8')))).toEqual([]);
    const planted = 'let count = 0;\nconst seen = new Map();\nexport const list = [];\nconst fine = new Set(["a"]);\n';
    expect(stateOf(planted)).toHaveLength(3);
  });

  test('tells its modules apart, planted ones too', () => {
    const planted = '/***/ "./node_modules/zod/index.js"\n(x) => {}\n/***/ "./dist/core/ids.js"\n(y) => {}\n';
    expect([...modulesOf(planted).keys()].map((path) => packageOf(path) ?? path)).toEqual([
      'zod',
      './dist/core/ids.js',
    ]);
  });
});

const sdkNeeds = ['long', 'ms', 'nexus-rpc'];

function compile(config: string): { status: number | null; output: string } {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, output: stdout };
}

function modulesOf(bundle: string): Map<string, number> {
  const heads = [...bundle.matchAll(/^\/\*{3}\/ "([^"\n]+)"/gm)];
  return new Map(
    heads.map((head, at) => [head[1] as string, (heads[at + 1]?.index ?? bundle.length) - (head.index ?? 0)]),
  );
}

/** Lines at the top of a module that make something to be changed later. */
function stateOf(code: string): string[] {
  const changing = /^(?:export )?(?:let|var) .*|^(?:export )?const \w+ = (?:new \w+\(\)|\[\]|\{\});/gm;
  return code.match(changing) ?? [];
}

function packageOf(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
}

import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { build } from '../../scripts/build.mjs';
import { tempFolder } from './temp-folder.js';

const repository = new URL('../../', import.meta.url).pathname;

/** A project as small as the build allows. */
function project(): string {
  const root = tempFolder();
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(repository, file), join(root, file));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  for (const folder of ['src/workflows', 'src/embedded']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'src/embedded/main.ts'), 'export const answer: number = 41;\n');
  writeFileSync(
    join(root, 'src/workflows/index.ts'),
    "export async function ring(): Promise<string> {\n  return 'ding';\n}\n",
  );
  return root;
}

test('builds once, again only after a change, and never after a failure as if it had worked', async () => {
  const root = project();
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const both = await Promise.all([build({ root, say }), build({ root, say })]);
  expect(both.map(({ built }) => built).sort()).toEqual([false, true]);
  expect(said).toEqual(['Building']);
  expect(readFileSync(both[0].bundle, 'utf8')).toContain('ding');
  expect((await build({ root })).built).toBe(false);

  writeFileSync(join(root, 'src/embedded/main.ts'), "export const answer: number = 'no number';\n");
  await expect(build({ root })).rejects.toThrow(/do not compile[\s\S]*src\/embedded\/main\.ts/);
  await expect(build({ root })).rejects.toThrow(/do not compile/);
  writeFileSync(join(root, 'src/embedded/main.ts'), 'export const answer: number = 42;\n');
  expect((await build({ root })).built).toBe(true);
  expect(readFileSync(join(root, 'dist/embedded/main.js'), 'utf8')).toContain('42');
  expect(existsSync(join(root, 'dist/.lock'))).toBe(false);
});

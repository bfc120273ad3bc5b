/** Writes schema/job.schema.json from the sources: after a change of a definition's fields or of a built-in task. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const from = (path) => tsImport(`../src/${path}`, import.meta.url);
const { jobSchema } = await from('core/job-schema.ts');
const { builtInTasks } = await from('activities/tasks/index.ts');

const target = fileURLToPath(new URL('../schema/job.schema.json', import.meta.url));
mkdirSync(fileURLToPath(new URL('../schema', import.meta.url)), { recursive: true });
writeFileSync(target, `${JSON.stringify(jobSchema(builtInTasks), null, 2)}\n`);
const biome = fileURLToPath(new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url));
execFileSync(process.execPath, [biome, 'format', '--write', target], { stdio: ['ignore', 'ignore', 'inherit'] });
console.log(`Wrote ${target}`);

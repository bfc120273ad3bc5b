/**
 * `npm run schema`: writes schema/ and the tables of docs/api.md and docs/access.md from the sources: after a change of a
 * field, of a procedure, of an error code or of a built-in task.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const from = (path) => tsImport(`../src/${path}`, import.meta.url);
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const { jobSchema } = await from('core/job-schema.ts');
const { errorCodes } = await from('core/errors.ts');
const { builtInTasks } = await from('activities/tasks/index.ts');
const { createRouter } = await from('api/router.ts');
const { needs } = await from('api/access/needs.ts');
const { openApi } = await from('api/rest/openapi.ts');

mkdirSync(at('schema'), { recursive: true });
write('schema/job.schema.json', jobSchema(builtInTasks));
write('schema/openapi.json', openApi());

const procedures = Object.entries(createRouter()._def.procedures).map(([name, { _def }]) => [
  `\`${name}\``,
  _def.type,
  _def.meta.summary,
]);
const codes = Object.entries(errorCodes).map(([code, { status, summary }]) => [`\`${code}\``, status, summary]);
const asked = Object.entries(needs).map(([name, { right, on, payloads = '', signed }]) => [
  ...[`\`${name}\``, right === 'anyone' || right === 'member' ? right : `\`${right}\``, on],
  ...[payloads, signed ? 'the caller' : ''],
]);
writePage('docs/api.md', { '| Procedure | Kind |': procedures, '| Code | HTTP status |': codes });
writePage('docs/access.md', { '| Procedure | Needs |': asked });

function writePage(path, tables) {
  const page = readFileSync(at(path), 'utf8');
  writeFileSync(
    at(path),
    Object.entries(tables).reduce((text, [head, rows]) => withTable(text, head, rows), page),
  );
  console.log(`Wrote ${path}`);
}

function write(path, schema) {
  writeFileSync(at(path), `${JSON.stringify(schema, null, 2)}\n`);
  execFileSync(process.execPath, [at('node_modules/@biomejs/biome/bin/biome'), 'format', '--write', at(path)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`Wrote ${path}`);
}

/** The page with other rows in the table whose first line begins so. */
function withTable(text, head, rows) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(head));
  if (start === -1) throw new Error(`Expected a table that begins with ${head}`);
  const length = lines.slice(start + 2).findIndex((line) => !line.startsWith('|'));
  lines.splice(start + 2, length, ...rows.map((cells) => `| ${cells.map(escaped).join(' | ')} |`));
  return lines.join('\n');
}

function escaped(cell) {
  return String(cell).replaceAll('|', '\\|');
}

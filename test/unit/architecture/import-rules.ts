import { posix } from 'node:path';
import type { Source } from './sources.js';

/** One import or re-export of a file. */
export interface Import {
  /** Path below src/ without its extension, or the name of a package or of a part of Node. */
  target: string;
  own: boolean;
  /** Gone at run time. An `import { type A }` is not: the compiler keeps the import for its side effects. */
  typeOnly: boolean;
}

/** What a folder may import at run time, as prefixes of paths below src/. Its own folder always. */
const folders: Record<string, string[]> = {
  core: [],
  workflows: ['core/'],
  keyring: ['core/'],
  store: ['core/'],
  objects: ['core/'],
  activities: ['core/', 'keyring/', 'store/', 'objects/'],
  worker: ['core/', 'keyring/', 'store/', 'objects/', 'activities/'],
  kit: ['core/', 'activities/'],
  api: ['core/', 'keyring/', 'store/', 'objects/', 'activities/tasks/'],
  cli: ['core/', 'api/client/', 'api/version', 'api/auth/api-key'],
  embedded: ['core/', 'keyring/', 'store/', 'api/client/', 'api/auth/api-key'],
};
/** Types may come from further. */
const types: Record<string, string[]> = { cli: ['api/'] };
/** What this package offers to others; it holds nothing of its own. */
const entry = ['core/', 'api/client/', 'api/router', 'api/views', 'api/runs/log-views'];

/** Packages and parts of Node that only these may import: files by path, or folders by prefix. */
const reserved: [packages: RegExp, who: RegExp][] = [
  [/^@temporalio\/client$/, /^(api\/temporal|embedded\/temporal|activities\/workflows)\//],
  [/^@temporalio\/worker$/, /^worker\//],
  [/^@temporalio\/activity$/, /^activities\//],
  [/^@temporalio\/workflow$/, /^workflows\//],
  [/^kysely$/, /^store\//],
  [/^pg$/, /^(store|activities\/databases)\//],
  [/^(pg-query-stream|mysql2(\/promise)?|libsql)$/, /^activities\/databases\//],
  [/^csv-stringify\/sync$/, /^activities\/tasks\/etl\//],
  [/^@aws-sdk\/client-dynamodb$/, /^activities\/tasks\/dynamodb\//],
  [/^(@trpc\/|fastify$|@fastify\/)/, /^api\//],
  [/^(jose|openid-client)$/, /^api\/auth\//],
  [/^swagger-ui-dist/, /^api\/rest\//],
  [/^@temporalio\/common$/, /^(keyring|activities|worker|workflows|api)\//],
  [/^(commander|cli-table3|cli-progress)$/, /^cli\//],
  [/^yaml$/, /^(cli|api\/classic)\//],
  [/^@aws-sdk\/(client-s3|lib-storage)$/, /^objects\//],
  [/^@electric-sql\//, /^embedded\//],
  [/^dockerode$/, /^activities\/sandbox\/docker\//],
  [/^ical\.js$/, /^core\/schedule\/(rrule\/text|exclusion\/icalendar)\.ts$/],
  [/^(undici|ipaddr\.js)$/, /^activities\/net\//],
  [/^liquidjs$/, /^activities\/templates\//],
  [/^(nodemailer|standardwebhooks)(\/|$)/, /^activities\/tasks\/(email|http)\//],
  [/^cronstrue$/, /^core\/schedule\/cron\/words\.ts$/],
];
/** All that these folders may import from outside. */
const closed: Record<string, RegExp> = {
  core: /^(zod|cronstrue|ical\.js)$/,
  workflows: /^@temporalio\/(workflow|common)$/,
};
const builtInsOfCore: Record<string, string> = { 'core/prepare.ts': 'node:crypto' };

/** Words that read the surroundings, and who may use them. Elsewhere they come in as arguments. */
const surroundings: [word: RegExp, name: string, who: RegExp][] = [
  [/\bprocess\.(env|argv|cwd)\b/, 'process', /(^|[/-])main\.ts$/],
  [/\bDate\.now\b|\bnew Date\(\)/, 'the clock', /((^|[/-])main\.ts$)|^activities\/|^workflows\//],
  [/\bMath\.random\b/, 'randomness', /(^|[/-])main\.ts$/],
];
const forbiddenInCore = /\b(process|setTimeout|setInterval|fetch|console)\b\s*[.(]/;

export function importsOf({ path, text }: Source): Import[] {
  const statement = /^(?:import|export)\s+(?<kind>type\s)?(?:[^'"();]*?\sfrom\s+)?['"](?<from>[^'"]+)['"]/gm;
  const call = /\bimport\(\s*['"](?<from>[^'"]+)['"]\s*\)/g;
  const found = [...text.matchAll(statement), ...text.matchAll(call)];
  return found.map(({ groups }) => {
    const from = groups?.from ?? '';
    const own = from.startsWith('.');
    const target = own ? posix.join(posix.dirname(path), from).replace(/\.js$/, '') : from;
    return { target, own, typeOnly: groups?.kind !== undefined };
  });
}

/** What a file does against the rules, one line for each fault. */
export function faultsOf(source: Source): string[] {
  const { path } = source;
  const imports = importsOf(source);
  return [
    ...imports.filter((one) => one.own && !mayImport(path, one)).map(({ target }) => `${path} imports ${target}`),
    ...imports.filter((one) => !one.own && !mayUse(path, one)).map(({ target }) => `${path} imports ${target}`),
    ...surroundingsOf(source),
  ];
}

function mayImport(path: string, { target, typeOnly }: Import): boolean {
  if (!path.includes('/')) return entry.some((prefix) => target.startsWith(prefix));
  const folder = path.split('/')[0] as string;
  const allowed = [`${folder}/`, ...(folders[folder] ?? []), ...(typeOnly ? (types[folder] ?? []) : [])];
  return allowed.some((prefix) => (prefix.endsWith('/') ? target.startsWith(prefix) : target === prefix));
}

function mayUse(path: string, { target, typeOnly }: Import): boolean {
  const folder = path.split('/')[0] as string;
  if (builtInsOfCore[path] === target) return true;
  const bound = closed[folder];
  if (bound && !bound.test(target)) return false;
  return typeOnly || reserved.every(([packages, who]) => !packages.test(target) || who.test(path));
}

function surroundingsOf({ path, text }: Source): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const faults = surroundings.filter(([word, , who]) => word.test(code) && !who.test(path)).map(([, name]) => name);
  if (path.startsWith('core/') && forbiddenInCore.test(code)) faults.push('its surroundings');
  return faults.map((name) => `${path} reads ${name}`);
}

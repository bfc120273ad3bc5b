import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testCache } from '../servers/pglite.js';

const configuration = fileURLToPath(new URL('./schemathesis.toml', import.meta.url));
const requirements = fileURLToPath(new URL('./requirements.txt', import.meta.url));

/**
 * What every answer is checked for. Not among them is that good data is taken: what a field's words say beyond its
 * schema (a task that exists, times in order) a generator cannot know.
 */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
];

/** Path of the program: in a Python environment of its own in the cache, made once for each set of versions. */
export async function fuzzer(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(testCache(), `schemathesis-${digest}`);
  const done = join(folder, '.complete');
  if (!existsSync(done)) {
    run('python3', ['-m', 'venv', '--clear', folder]);
    run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    writeFileSync(done, '');
  }
  return join(folder, 'bin/schemathesis');
}

export interface FuzzOptions {
  url: string;
  apiKey: string;
  /** Where the JUnit report goes. */
  report: string;
  seed: number;
  /** Most test cases of each operation. */
  maxExamples: number;
  /** Seconds the whole run may take. */
  maxSeconds: number;
  more: string[];
}

/** Resolves when the program has ended, whatever it found: the report says. */
export async function runFuzzer(program: string, options: FuzzOptions): Promise<void> {
  const args = [
    ...['--config-file', configuration, 'run'],
    `${options.url}/openapi.json`,
    ...['--header', `Authorization: Bearer ${options.apiKey}`],
    ...['--checks', checks.join(',')],
    ...['--phases', 'examples,coverage,fuzzing'],
    ...['--max-examples', String(options.maxExamples), '--seed', String(options.seed)],
    ...['--max-time', String(options.maxSeconds)],
    ...['--workers', '1', '--request-timeout', '20', '--suppress-health-check', 'all', '--warnings', 'off'],
    ...['--report', 'junit', '--report-junit-path', options.report],
    ...(await streams(options.url)).flatMap((name) => ['--exclude-operation-id', name]),
    ...options.more,
  ];
  await new Promise((resolve, reject) => {
    // It leaves notes in the folder it runs in.
    const child = spawn(program, args, {
      cwd: dirname(options.report),
      stdio: 'inherit',
      env: { ...process.env, NO_COLOR: '1', COLUMNS: '120' },
    });
    child.once('exit', resolve);
    child.once('error', reject);
  });
}

/** Operations whose answer does not end by itself. */
async function streams(url: string): Promise<string[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, { content?: object }> }>>;
  };
  return Object.values(paths)
    .flatMap((item) => Object.values(item))
    .filter(({ responses }) => 'text/event-stream' in (responses['200']?.content ?? {}))
    .map(({ operationId }) => operationId);
}

function run(command: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
}

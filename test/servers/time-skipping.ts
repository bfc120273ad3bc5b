import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { cacheFolder } from '../../src/embedded/cache-folder.js';
import { type RunCommand, runCommand } from '../../src/embedded/run-command.js';
import { downloadBySdk } from '../../src/embedded/temporal/sdk-download.js';
import { lastLine } from '../../src/embedded/temporal/version.js';

const artifact = { group: 'io.temporal', name: 'temporal-test-server', version: '1.38.0' };
const dayMs = 86_400_000;

/**
 * Path of Temporal's time-skipping test server: CARILLON_TEST_SERVER, else the SDK's download, else built from Maven.
 * Kept in the cache; that the download failed is remembered for a day, so that it does not delay every test run.
 */
export async function timeSkippingServer(
  env: NodeJS.ProcessEnv = process.env,
  run: RunCommand = runCommand,
): Promise<string> {
  if (env.CARILLON_TEST_SERVER) return env.CARILLON_TEST_SERVER;
  const folder = join(cacheFolder(env, homedir()), 'test-server');
  await mkdir(folder, { recursive: true });
  const faults: string[] = [];
  for (const [name, fetch] of [
    ['sdk', fetchBySdk],
    ['maven', fetchByMaven],
  ] as const) {
    const kept = join(folder, name, 'server');
    if (await exists(kept)) return kept;
    const fault = (await recentFault(folder, name)) ?? (await fetchInto(folder, name, (target) => fetch(target, run)));
    if (fault === undefined) return kept;
    faults.push(fault);
  }
  throw new Error(
    `Expected to find or fetch Temporal's time-skipping test server, got none (${faults.join('; ')}). ` +
      'Install Java and Maven (Debian: apt-get install maven), or set CARILLON_TEST_SERVER to the path of a temporal-test-server.',
  );
}

/** A time-skipping environment. Starting the server is tried again: the SDK gives a Java server only 5 s to answer. */
export async function createTimeSkippingEnvironment(path?: string): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path' as const, path: path ?? (await timeSkippingServer()) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    } catch (error) {
      if (attempt === 4) throw error;
    }
  }
}

/** Fills a folder of its own and moves it into place in one step: two test runs at once do not disturb each other. */
async function fetchInto(
  folder: string,
  name: string,
  fetch: (target: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const target = await mkdtemp(join(folder, `${name}-`));
  try {
    const fault = await fetch(target);
    if (fault === undefined) await rename(target, join(folder, name)).catch(() => undefined);
    else if (name === 'sdk') await writeFile(join(folder, `${name}.failed`), fault);
    if (fault !== undefined || (await exists(join(folder, name, 'server')))) return fault;
    return `${name}: cannot be moved to ${folder}`;
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function fetchBySdk(target: string): Promise<string | undefined> {
  const result = await downloadBySdk('time-skipping', target);
  if ('why' in result) return `the SDK's download: ${result.why}`;
  await rename(result.path, join(target, 'server'));
  return undefined;
}

async function fetchByMaven(target: string, run: RunCommand): Promise<string | undefined> {
  const java = await run('java', ['-version'], { timeoutMs: 20_000 });
  if (java.code !== 0) return `java: ${lastLine(java.stderr)}`;
  const pom = join(target, 'pom.xml');
  await writeFile(pom, pomText());
  const copy = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${join(target, 'lib')}`];
  const maven = await run('mvn', copy, { timeoutMs: 300_000 });
  if (maven.code !== 0) return `mvn: ${lastLine(maven.stderr) || lastLine(maven.stdout)}`;
  const script = join(target, 'server');
  await writeFile(script, launcher);
  await chmod(script, 0o755);
  return undefined;
}

function pomText(): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>carillon</groupId><artifactId>test-server</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>${artifact.group}</groupId><artifactId>${artifact.name}</artifactId><version>${artifact.version}</version>
    </dependency>
  </dependencies>
</project>
`;
}

/** The SDK starts it as an executable with the port as its argument, and kills that very process: hence `exec`. */
const launcher = `#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

async function recentFault(folder: string, name: string): Promise<string | undefined> {
  try {
    const file = join(folder, `${name}.failed`);
    const { mtimeMs } = await stat(file);
    return Date.now() - mtimeMs < dayMs ? await readFile(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

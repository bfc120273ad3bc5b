import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * Compiles src/ to dist/ and bundles the workflows, unless the last build was of the same content. Several processes
 * may call it at once: one builds, the others wait and find it done.
 * @param {{ root?: string, skip?: boolean, say?: (line: string) => void }} [options]
 *   `skip` takes dist/ as it is
 * @returns {Promise<{ built: boolean, bundle: string }>} `bundle` is the path of the workflow bundle
 */
export async function build({ root = repository, skip = false, say = () => {} } = {}) {
  const bundle = join(root, 'dist/workflow-bundle.js');
  if (skip || isFresh(root)) return { built: false, bundle };
  return withLock(join(root, 'dist/.lock'), async () => {
    if (isFresh(root)) return { built: false, bundle };
    say('Building');
    const digest = digestOf(root);
    compile(root);
    await bundleWorkflows(root, bundle);
    writeFileSync(stampFile(root), digest);
    return { built: true, bundle };
  });
}

function stampFile(root) {
  return join(root, 'dist/.stamp');
}

function isFresh(root) {
  const outputs = ['workflow-bundle.js', 'embedded/main.js'].map((name) => join(root, 'dist', name));
  return outputs.every((file) => existsSync(file)) && stampOf(root) === digestOf(root);
}

function stampOf(root) {
  try {
    return readFileSync(stampFile(root), 'utf8');
  } catch {
    return undefined;
  }
}

/** Digest of the content that a build depends on: by content, because a checkout touches the times of files. */
function digestOf(root) {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs']
    .map((name) => join(root, name))
    .filter((file) => existsSync(file));
  for (const file of [...sources.sort(), ...settings]) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

function compile(root) {
  // The compiler believes its own notes on what it wrote; after a build that did not end well they may not be true.
  if (!existsSync(stampFile(root))) rmSync(join(root, 'dist/.tsbuildinfo'), { force: true });
  rmSync(stampFile(root), { force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The sources do not compile:\n${stdout}${stderr}`);
}

async function bundleWorkflows(root, bundle) {
  const { bundleWorkflowCode } = createRequire(join(root, 'package.json'))('@temporalio/worker');
  const quiet = {
    log() {},
    trace() {},
    debug() {},
    info() {},
    warn() {},
    error: (text) => process.stderr.write(`${text}\n`),
  };
  const workflowsPath = join(root, 'dist/workflows/index.js');
  // Loaded once for all workflows of a worker instead of once for each: a fifth of what it costs to start one. Nothing in
  // these modules changes; a test holds them to it.
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath: join(root, 'dist/workflows/failure-converter.js'),
    preloadModules: [workflowsPath],
    logger: quiet,
  });
  writeFileSync(bundle, code);
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    const { built } = await build();
    console.log(built ? 'Built dist/ and the workflow bundle.' : 'Nothing to build: dist/ is up to date.');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** `npm test [-- vitest arguments]`: installs what is missing, runs the tests, ends with `N passed, N failed`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

await install();
const root = fileURLToPath(new URL('..', import.meta.url));
const report = join(root, `.cache/test-report-${process.pid}.json`);
mkdirSync(join(root, '.cache'), { recursive: true });

const given = argv.slice(2);
// The conformance run against a real PostgreSQL needs a server: `npm run test:pg` brings one.
const projects = given.includes('--project') ? [] : ['--project', 'unit', '--project', 'system'];
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...projects,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...given,
  ],
  { cwd: root, stdio: 'inherit' },
);
let passed = 0;
let failed = 1;
try {
  const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(readFileSync(report, 'utf8'));
  passed = numPassedTests;
  // A file that cannot be loaded fails without a failed test.
  failed = success ? numFailedTests : numFailedTests || numFailedTestSuites || 1;
} catch {
  console.error('The tests did not run to their end: there is no report.');
}
rmSync(report, { force: true });
console.log(`${passed} passed, ${failed} failed`);
exit(status ?? 1);

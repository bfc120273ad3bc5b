import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readReport } from './report.js';
import { fuzzer, runFuzzer } from './schemathesis.js';
import { openSite } from './site.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  // What stands behind a further `--` goes to schemathesis as it is.
  options: {
    'max-examples': { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    'max-seconds': { type: 'string', default: '60' },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'carillon-fuzz-'));
const program = await fuzzer();
const site = await openSite();
let outcome = { passed: 0, failed: 1 };
try {
  const report = join(folder, 'junit.xml');
  await runFuzzer(program, {
    url: site.url,
    apiKey: site.apiKey,
    report,
    seed: Number(values.seed),
    maxExamples: Number(values['max-examples']),
    maxSeconds: Number(values['max-seconds']),
    more: positionals,
  });
  outcome = await readReport(report);
} finally {
  await site.close();
  await rm(folder, { recursive: true, force: true });
}
console.log(`${outcome.passed} passed, ${outcome.failed} failed`);
process.exit(outcome.failed === 0 ? 0 : 1);

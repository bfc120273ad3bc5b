import { readFile } from 'node:fs/promises';

export interface Outcome {
  passed: number;
  failed: number;
}

/** How many operations passed, of a JUnit report. One that tells of none has failed. */
export async function readReport(path: string): Promise<Outcome> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const cases = text.split('<testcase ').slice(1);
  const failed = cases.filter((one) => /<(failure|error)\b/.test(one)).length;
  const skipped = cases.filter((one) => /<skipped\b/.test(one)).length;
  const passed = cases.length - failed - skipped;
  return passed + failed === 0 ? { passed: 0, failed: 1 } : { passed, failed };
}

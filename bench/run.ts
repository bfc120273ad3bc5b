import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { apiLists } from './api-lists.js';
import { badNeighbours } from './bad-neighbours.js';
import { dueLag } from './due-lag.js';
import { fairness } from './fairness.js';
import { type Figure, printFigures } from './figures.js';
import { nextOccurrence } from './next-occurrence.js';
import { oneOffThroughput } from './one-off-throughput.js';
import { planning } from './planning.js';
import { resultLatency } from './result-latency.js';
import { openStage, type Stage } from './stage.js';
import { submitAcknowledgement } from './submit-acknowledgement.js';

/*
 * npm run bench [-- name ...] [-- --quick] [-- --save]
 * Every question is asked of us and of a peer in the same run; what counts is the ratio. --quick asks each once, to see
 * that it still runs; --save keeps the figures in bench/results.
 */
const questions: Record<string, (stage: Stage, quick: boolean) => Promise<Figure[]>> = {
  'one-off-throughput': oneOffThroughput,
  'due-lag': dueLag,
  'submit-acknowledgement': submitAcknowledgement,
  'result-latency': resultLatency,
  planning,
  'next-occurrence': nextOccurrence,
  'bad-neighbours': badNeighbours,
  'api-lists': apiLists,
  fairness,
};
const given = process.argv.slice(2);
const [quick, save] = [given.includes('--quick'), given.includes('--save')];
const names = given.filter((argument) => !argument.startsWith('--'));
const unknown = names.filter((name) => !(name in questions));
if (unknown.length > 0) {
  console.error(`Expected one of ${Object.keys(questions).join(', ')}, got ${unknown.join(', ')}.`);
  process.exit(2);
}

const stage = await openStage();
try {
  for (const [name, ask] of Object.entries(questions)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(name);
    const figures = await ask(stage, quick);
    printFigures(figures);
    if (save) keep(name, figures);
  }
} finally {
  await stage.close();
}
process.exit(0);

function keep(name: string, figures: Figure[]): void {
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  // Undefined outside a checkout.
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout?.trim() || undefined;
  const machine = { cores: cpus().length, node: process.version, temporal: stage.serverVersion };
  const facts = { date: new Date().toISOString(), commit, ...machine };
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ ...facts, figures }, null, 2)}\n`);
}

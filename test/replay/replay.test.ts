import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import '../rig/runtime.js';
import { Worker } from '@temporalio/worker';
import { expect, inject, test } from 'vitest';
import { useRig } from '../rig/rig.js';
import { record, recordedTasks, scenarios } from './record.js';

/*
 * Histories of every version that was released, in a folder named by it: jobs that were begun with that version must
 * go on with this one. CARILLON_RECORD=0.2.0 npm test -- test/replay writes those of a new version.
 */
const histories = fileURLToPath(new URL('./histories', import.meta.url));

test.runIf(process.env.CARILLON_RECORD)('record', async () => {
  const rig = await useRig({ tasks: recordedTasks, heavy: true });
  await record(rig, `${histories}/${process.env.CARILLON_RECORD}`);
});

test('the histories of released versions replay with this one', async () => {
  const versions = await readdir(histories);
  expect(versions.length).toBeGreaterThan(0);
  const replayed: string[] = [];
  for (const version of versions) {
    const files = (await readdir(`${histories}/${version}`)).filter((name) => name.endsWith('.json'));
    const recorded = new Set(files.map((name) => name.replace(/-\d+\.json$/, '')));
    expect([...recorded].sort()).toEqual(Object.keys(scenarios).sort());
    for (const file of files) {
      const history = JSON.parse(await readFile(`${histories}/${version}/${file}`, 'utf8'));
      await Worker.runReplayHistory(
        { workflowBundle: { codePath: inject('workflowBundle') } },
        history,
        `job:replay:${file}`,
      );
      replayed.push(file);
    }
  }
  expect(replayed.length).toBeGreaterThanOrEqual(Object.keys(scenarios).length);
});

test('a history of another workflow does not replay', async () => {
  const folder = `${histories}/${(await readdir(histories))[0]}`;
  const history = JSON.parse(await readFile(`${folder}/recurring-heavy-1.json`, 'utf8'));
  const timer = history.events.findIndex(({ eventType }: { eventType: string }) => eventType.endsWith('TIMER_STARTED'));
  history.events[timer].eventType = 'EVENT_TYPE_MARKER_RECORDED';
  history.events[timer].markerRecordedEventAttributes = { markerName: 'planted' };
  delete history.events[timer].timerStartedEventAttributes;
  const replay = Worker.runReplayHistory(
    { workflowBundle: { codePath: inject('workflowBundle') } },
    history,
    'job:replay:planted',
  );
  await expect(replay).rejects.toThrow();
});

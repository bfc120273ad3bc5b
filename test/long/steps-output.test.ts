import { expect, test } from 'vitest';
import { runSteps, tempFolder } from '../unit/activities/steps/steps-run.js';

test('a step that prints a gigabyte ends well, and the worker stays small', async () => {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  const before = process.memoryUsage().rss;
  const steps = [{ name: 'loud', run: 'head -c 1000000000 /dev/zero | tr "\\0" x; echo; echo end' }];
  const ran = await runSteps({ steps }, { processes: true, folder: tempFolder() });
  clearInterval(timer);
  expect(ran.result?.steps).toMatchObject([{ outcome: 'success' }]);
  expect(ran.printed('loud').reduce((sum, line) => sum + line.length, 0)).toBe(10 * 1024 * 1024);
  expect(ran.log.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { step: 'loud' } }]);
  expect(most - before).toBeLessThan(200 * 1024 * 1024);
});

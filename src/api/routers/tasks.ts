import { z } from 'zod';
import { viewTask } from '../tasks/view.js';
import { taskListView, taskView } from '../tasks/views.js';
import { procedure, router } from '../trpc.js';

const taskRef = z.strictObject({
  name: z.string().min(1).max(120).describe('Name of the task: `report`, or `report@2` for one version of it.'),
});

export const tasksRouter = router({
  list: procedure
    .meta({
      summary: 'The tasks that jobs can name, with the schemas of their inputs; modules that did not load.',
      rest: { method: 'GET', path: '/tasks' },
    })
    .input(z.strictObject({}).prefault({}))
    .output(taskListView)
    .query(({ ctx: { registry } }) => ({
      items: registry.list().map((task) => viewTask(task, registry)),
      broken: [...registry.broken],
    })),

  get: procedure
    .meta({ summary: 'One task.', rest: { method: 'GET', path: '/tasks/{name}' } })
    .input(taskRef)
    .output(taskView)
    .query(({ ctx: { registry }, input: { name } }) => viewTask(registry.get(name), registry)),
});

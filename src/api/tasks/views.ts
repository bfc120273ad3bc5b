import { z } from 'zod';
import { lanes } from '../../core/definition.js';

const jsonSchema = z.record(z.string(), z.unknown());

export const taskView = z.object({
  name: z.string().describe('Name by which jobs name it.'),
  version: z.number().describe('Versions run side by side; a job names one as `name@version`.'),
  highest: z.boolean().describe('Whether the bare name means this version.'),
  builtIn: z.boolean().describe('Whether it comes with Carillon.'),
  description: z.string().optional().describe('What it does.'),
  lane: z.enum(lanes).describe('Worker pool, unless the job says another.'),
  timeout: z.string().describe('Bound of one attempt, unless the job says another.'),
  input: jsonSchema.describe('JSON Schema of the input, as one writes it.'),
  output: jsonSchema.optional().describe('JSON Schema of the result, if the task states one.'),
});
export type TaskView = z.output<typeof taskView>;

export const taskListView = z.object({
  items: z.array(taskView).describe('Tasks by name, the highest version first.'),
  broken: z
    .array(
      z.object({
        module: z.string().describe('Path of the file, or name of the package.'),
        message: z.string().describe('What is wrong with it.'),
      }),
    )
    .describe('Modules whose tasks could not be registered.'),
});
export type TaskListView = z.output<typeof taskListView>;

import { stepsTask } from '../../../../src/activities/tasks/steps/steps.js';
import { testContext } from '../../../../src/kit/task-run.js';

/** A worker that executes one run, for a test that kills it: says what the steps print. */
const [folder, input] = process.argv.slice(2);
const { context } = testContext({ settings: { steps: { processes: true, folder } } });
const log = Object.assign((message: string) => console.log(message), context.log);
await stepsTask.run({ ...context, log }, stepsTask.input.parse(JSON.parse(input ?? '')));

import { createServices } from '../../src/activities/services/services.js';
import { etlTask } from '../../src/activities/tasks/etl/etl.js';
import { testContext } from '../../src/kit/task-run.js';
import { folderFiles } from '../unit/activities/tasks/folder-files.js';

/** A process with little memory that copies what its arguments say, and tells the result: url, folder, input. */
const [url = '', folder = '', input = ''] = process.argv.slice(2);
const services = { ...createServices({ databases: { main: { url } } }), files: () => folderFiles(folder) };
const { context } = testContext({ services: { ...services } });
context.progress = () => {};
context.heartbeat = () => {};
const result = await etlTask.run(context, etlTask.input.parse(JSON.parse(input)));
await services.close();
process.stdout.write(JSON.stringify(result));

/**
 * Process entry: downloads a Temporal server through the SDK into a folder. The SDK can only start what it downloads,
 * so the server is started on a port of its own and stopped again; the file stays.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [kind, downloadDir] = process.argv.slice(2);
const server = { executable: { type: 'cached-download' as const, downloadDir } };
try {
  const environment =
    kind === 'time-skipping'
      ? await TestWorkflowEnvironment.createTimeSkipping({ server })
      : await TestWorkflowEnvironment.createLocal({ server });
  await environment.teardown();
  process.exit(0);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.send?.({ failure: message.split(': ').at(-1) }, () => process.exit(1));
}

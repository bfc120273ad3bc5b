import { DefaultLogger, Runtime } from '@temporalio/worker';

/** One per process, before anything else of the SDK starts. Only errors are worth a line in a test's output. */
Runtime.install({ logger: new DefaultLogger('ERROR') });

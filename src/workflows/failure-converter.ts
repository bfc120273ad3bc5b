import { DefaultFailureConverter } from '@temporalio/common';

/** Part of the workflow bundle. A worker that seals says so in front of the bundle, see `sealingBundle`. */
const { carillonSealsFailures } = globalThis as { carillonSealsFailures?: boolean };

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: carillonSealsFailures === true });

import { DefaultFailureConverter } from '@temporalio/common';

/** Puts message and stack of a failure into a payload, which is sealed like any other. Loaded by its path. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

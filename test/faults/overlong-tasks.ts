import { z } from 'zod';

/** A module as somebody may write it who does not know the bound of the light lane. */
export default {
  tasks: [{ name: 'overlong', input: z.undefined(), lane: 'light', timeout: 'PT1M', run: () => undefined }],
};

import type { DefinitionInput } from '../core/definition.js';

/** A demo job as `jobs.create` takes it. */
export type DemoJob = DefinitionInput & { id: string; idempotencyKey: string };

/**
 * The three jobs a new state folder starts with: one that can be watched, one that fails and is retried, one for later.
 * @param timezone IANA zone of the person who looks on
 */
export function demoJobs(timezone: string): DemoJob[] {
  const jobs: (Omit<DemoJob, 'idempotencyKey'> & { id: string })[] = [
    {
      id: 'demo-every-10s',
      description: 'Logs a line every ten seconds.',
      task: 'log',
      input: { message: 'Hello from Carillon' },
      schedule: { every: '10s' },
    },
    {
      id: 'demo-retry',
      description: 'Calls an address that refuses: see how attempts are made again, and how a failed run looks.',
      task: 'http',
      // Nothing listens there; ports 1, 7 and 9 would be refused by fetch itself, with a message that teaches less.
      input: { url: 'http://127.0.0.1:2/' },
      schedule: { every: '1m' },
      retry: { maximumAttempts: 3, initialInterval: '2s' },
    },
    {
      id: 'demo-daily',
      description: `Logs a line every day at 09:00 in ${timezone}.`,
      task: 'log',
      input: { message: 'Good morning from Carillon' },
      schedule: { cron: '0 9 * * *', timezone },
    },
  ];
  return jobs.map((job) => ({ ...job, idempotencyKey: job.id, owner: 'demo', labels: { demo: 'true' } }));
}

/** Creates the demo jobs. Creating them again changes nothing: each has an idempotency key. */
export async function seedDemo(create: (job: DemoJob) => Promise<unknown>, timezone: string): Promise<void> {
  await Promise.all(demoJobs(timezone).map((job) => create(job)));
}

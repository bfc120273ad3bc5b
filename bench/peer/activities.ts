/** The work of every bench: tell that the run of time `at` (ms) has begun, and how long after it (ms). */
export interface Ran {
  type: 'ran';
  job: string;
  at: number;
  lagMs: number;
}

export function ran(job: string, at: number): void {
  process.send?.({ type: 'ran', job, at, lagMs: Date.now() - at } satisfies Ran);
}

export interface BareActivities {
  work(job: string, at: number): Promise<void>;
}

export const bareActivities: BareActivities = {
  work: async (job, at) => ran(job, at),
};

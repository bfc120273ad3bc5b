/** The work of every bench: tell that a run has begun, and how long after its time (ms). */
export interface Ran {
  type: 'ran';
  job: string;
  lagMs: number;
}

export function ran(job: string, at: number): void {
  process.send?.({ type: 'ran', job, lagMs: Date.now() - at } satisfies Ran);
}

export interface BareActivities {
  work(job: string, at: number): Promise<void>;
}

export const bareActivities: BareActivities = {
  work: async (job, at) => ran(job, at),
};

import { logPrefix } from '../../objects/layout.js';
import type { ObjectStore } from '../../objects/object-store.js';
import type { Mask } from '../secrets/mask.js';
import { type logLimits, RunLog } from './run-log.js';

export interface LoggedAttempt {
  project: string;
  runId: string;
  /** Nominal time, RFC 3339. */
  scheduledAt: string;
  attempt: number;
  /** See `RunLogOptions`. */
  resumes: boolean;
  mask: Mask;
  now: () => number;
  onTrouble: (message: string) => void;
}

/** The logs a worker writes. */
export class RunLogs {
  readonly #open = new Set<Promise<void>>();

  constructor(
    private readonly objects: ObjectStore,
    private readonly limits?: Partial<typeof logLimits>,
  ) {}

  open(run: LoggedAttempt): RunLog {
    const { attempt, resumes, mask, now, onTrouble } = run;
    return new RunLog({
      ...{ objects: this.objects, prefix: logPrefix(run), attempt, resumes, mask, now, onTrouble, limits: this.limits },
    });
  }

  /** The attempt's log is closed; what it still writes is waited for by {@link settle}. */
  follow(log: RunLog): void {
    const settled = log.settled.finally(() => this.#open.delete(settled));
    this.#open.add(settled);
  }

  /** Waits for what is under way behind runs that have ended. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#open);
  }
}

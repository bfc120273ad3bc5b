import type { RunLogSummary, RunProgress } from '../core/contract.js';
import type { LogLevel } from '../core/task/context.js';
import type { Outcome } from './attempt.js';
import type { RunLog } from './logs/run-log.js';
import type { ProgressBoard } from './progress-board.js';
import { Mask } from './secrets/mask.js';
import type { Services } from './services/services.js';

const longestNote = 500;

export interface EvidenceOptions {
  run: { project: string; runId: string; scheduledAt: string; attempt: number };
  /** An attempt before this one may have left lines. */
  resumes: boolean;
  services: Pick<Services, 'logs'>;
  board: ProgressBoard;
  now: () => number;
  /** The worker's own log. */
  log: (line: Record<string, unknown>) => void;
}

/** What one attempt leaves behind: its log and how far it got, with no secret in them. */
export class Evidence {
  readonly mask = new Mask();
  readonly #log?: RunLog;
  progress?: RunProgress;

  constructor(private readonly options: EvidenceOptions) {
    const { run, resumes, services, now } = options;
    this.#log = services.logs?.open({ ...run, resumes, mask: this.mask, now, onTrouble: this.trouble });
  }

  /** A line of the run's log. The worker's own has it too when it is a warning, or when nothing else keeps it. */
  write = (level: LogLevel, message: string, fields?: Record<string, unknown>): void => {
    this.#log?.write(level, message, fields);
    if (this.#log && level !== 'warn' && level !== 'error') return;
    const { project, runId, attempt } = this.options.run;
    this.options.log({ ...this.mask.deep({ ...fields, level, message }), project, runId, attempt });
  };

  setProgress = (done: number, total?: number, note?: string): void => {
    if (!Number.isFinite(done) || (total !== undefined && !Number.isFinite(total))) return;
    this.progress = {
      done,
      ...(total !== undefined && { total }),
      ...(note !== undefined && { note: this.mask.text(String(note)).slice(0, longestNote) }),
      at: new Date(this.options.now()).toISOString(),
    };
    this.options.board.set(this.options.run, this.progress);
  };

  trouble = (message: string): void => {
    const { project, runId, attempt } = this.options.run;
    this.options.log({ level: 'warn', message: this.mask.text(message), project, runId, attempt });
  };

  /** The outcome without secrets, all but its result: that is masked when it is kept. */
  masked(outcome: Outcome): Outcome {
    const { result, ...rest } = outcome as { result?: unknown; error?: { code: string; message: string } };
    // A long message was cut, perhaps within a secret.
    if (rest.error) rest.error = { ...rest.error, message: this.mask.cutText(rest.error.message) };
    return { ...this.mask.deep(rest), ...('result' in outcome && { result }) } as Outcome;
  }

  /** The attempt has ended. Waits for its log no longer than `patienceMs`. */
  async close(patienceMs: number): Promise<{ log?: RunLogSummary; progress?: RunProgress }> {
    this.options.board.drop(this.options.run);
    const summary = this.#log?.close(patienceMs);
    if (this.#log) this.options.services.logs?.follow(this.#log);
    const log = await summary;
    return { ...(log && { log }), ...(this.progress && { progress: this.progress }) };
  }
}

import type { RunSummary } from '../core/contract.js';
import type { RunRef, Store } from '../store/store.js';
import { Gathering, restOf } from './gathering.js';
import type { LedgerWriter } from './ledger-writer.js';

/** Runs asked for in one go. */
const most = 200;

export interface LedgerReaderOptions {
  store: { runs: Pick<Store['runs'], 'ended'> };
  ledger: Pick<LedgerWriter, 'away'>;
}

interface Question {
  run: RunRef;
  answer: (summary: RunSummary | undefined) => void;
}

/** Whether runs have ended by the ledger. Late runs come in crowds, so they ask together. */
export class LedgerReader {
  readonly #questions = new Gathering<Question>({
    work: (questions) => this.#askAll(questions),
    most,
    restAfter: restOf(4, 25),
  });

  constructor(private readonly options: LedgerReaderOptions) {}

  /** How a run ended; undefined when it has not, or the database is away. */
  ended(run: RunRef): Promise<RunSummary | undefined> {
    return new Promise((answer) => this.#questions.add({ run, answer }));
  }

  async #askAll(questions: Question[]): Promise<void> {
    const { store, ledger } = this.options;
    const found = ledger.away ? [] : await store.runs.ended(questions.map(({ run }) => run)).catch(() => []);
    const summaries = new Map(found.map(({ project, summary }) => [keyOf({ project, ...summary }), summary]));
    for (const { run, answer } of questions) answer(summaries.get(keyOf(run)));
  }
}

function keyOf({ project, runId }: RunRef): string {
  return `${project}/${runId}`;
}

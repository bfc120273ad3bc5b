import { SingleBar } from 'cli-progress';
import type { RunView } from '../api/views.js';
import type { Io } from './io.js';

/** How far a run is, drawn on a terminal below the lines of its log. */
export interface RunBar {
  show(run: Pick<RunView, 'progress'>): void;
  /** Writes a line above the bar. */
  above(write: () => void): void;
  end(): void;
}

/** @returns a bar that draws nothing where nobody sees it */
export function runBar(io: Io): RunBar {
  if (!io.terminal) return { show: () => {}, above: (write) => write(), end: () => {} };
  let bar: SingleBar | undefined;
  let last: RunView['progress'];
  const draw = () => {
    if (!last) return;
    const payload = { note: last.note ?? '' };
    if (!bar) {
      bar = new SingleBar({
        format: last.total === undefined ? '{value} done {note}' : '{bar} {percentage}% {value}/{total} {note}',
        stream: io.terminal,
        hideCursor: true,
        clearOnComplete: true,
        noTTYOutput: true,
      });
      bar.start(last.total ?? 0, last.done, payload);
    }
    bar.setTotal(last.total ?? 0);
    bar.update(last.done, payload);
  };
  const end = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    show({ progress }) {
      if (!progress || progress.at === last?.at) return;
      last = progress;
      draw();
    },
    above(write) {
      end();
      write();
      draw();
    },
    end,
  };
}

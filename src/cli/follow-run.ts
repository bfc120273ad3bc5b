import type { LogEventView, LogLineView } from '../api/runs/log-views.js';
import type { RunView } from '../api/views.js';
import type { LogLevel } from '../core/task/context.js';
import type { Invocation } from './invocation.js';
import type { Output } from './output.js';

export interface FollowOptions {
  level?: LogLevel;
  onLine: (line: LogLineView) => void;
  onRun?: (run: RunView) => void;
}

/** Follows a run to its end. @returns the run as it ended */
export function followRun({ client, project }: Invocation, runId: string, options: FollowOptions): Promise<RunView> {
  const { level, onLine, onRun } = options;
  return new Promise((resolve, reject) => {
    let run: RunView | undefined;
    client.runs.followLogs.subscribe(
      { project, runId, level },
      {
        onData({ data }: { data: LogEventView }) {
          data.lines.forEach(onLine);
          if (!data.run) return;
          run = data.run;
          onRun?.(run);
        },
        onError: reject,
        onComplete: () => (run ? resolve(run) : reject(new Error('The log ended before the run did.'))),
      },
    );
  });
}

/** A line of a log for people. */
export function lineOf({ time, level, message, fields, attempt }: LogLineView, output: Output): string {
  const more = fields && Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const again = attempt > 1 ? ` (attempt ${attempt})` : '';
  return [time, output.state(level).padEnd(5), message, ...(more ?? [])].join(' ') + again;
}

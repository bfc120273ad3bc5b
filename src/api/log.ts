/** One line of the API's own log. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;

/** Lines of JSON on a stream, for process entries. */
export function jsonLog(stream: { write(line: string): unknown }, now: () => number): Log {
  return (level, message, fields) => {
    stream.write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields })}\n`);
  };
}

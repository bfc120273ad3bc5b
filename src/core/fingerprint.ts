import type { RunError } from './run.js';

const longest = 300;
/** Of a message; the causes at its end rarely tell kinds apart. */
const considered = 1000;

/** What differs between errors of one kind, and what stands in its place. In this order. */
const variable: [RegExp, string][] = [
  [/"(?:[^"\\]|\\.)*"|'[^'\n]*'/g, '…'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '#'],
  [/\b0x[0-9a-f]+\b/gi, '#'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '#'],
  [/\b[\w-]*\d[\w-]*@[\w.:-]+/g, '#'],
  [/\b(?=[A-Za-z_-]*\d)[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)+\b/g, '#'],
  [/\d+(?:[.,:]\d+)*/g, '#'],
];

/**
 * Equal for errors that differ only in numbers, times, ids and quoted values: the code, and the message without these,
 * at most 300 characters. Read by people too: `HTTP_STATUS Expected status # from https://x.example, got #`.
 */
export function errorFingerprint({ code, message }: RunError): string {
  const start = message.slice(0, considered);
  const bare = variable.reduce((text, [pattern, sign]) => text.replace(pattern, sign), start);
  return `${code} ${bare.replace(/\s+/g, ' ').trim()}`.slice(0, longest).trim();
}

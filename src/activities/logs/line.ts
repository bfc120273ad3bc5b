import type { LogLine } from '../../core/run-log.js';
import type { Mask } from '../secrets/mask.js';

/** A longer message or set of fields is cut. */
const longestMessage = 16 * 1024;
const longestFields = 32 * 1024;

/** The line as it is kept: JSON with its line break, secrets masked. */
export function lineText({ time, level, message, fields, attempt }: LogLine, mask: Mask): string {
  const said = mask.text(String(message));
  const text = said.length > longestMessage ? `${said.slice(0, longestMessage)}… (${said.length} characters)` : said;
  const kept = fields && fieldsOf(fields, mask);
  return `${JSON.stringify({ time, level, message: text, ...(kept && { fields: kept }), attempt })}\n`;
}

function fieldsOf(fields: Record<string, unknown>, mask: Mask): Record<string, unknown> | undefined {
  let json: string | undefined;
  try {
    json = JSON.stringify(fields);
  } catch (error) {
    return { omitted: `not JSON: ${(error as Error).message}` };
  }
  if (json === undefined || json === '{}') return undefined;
  if (json.length > longestFields) return { omitted: `${json.length} characters, the limit is ${longestFields}` };
  return mask.deep(JSON.parse(json));
}

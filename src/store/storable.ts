/**
 * PostgreSQL stores neither NUL nor half of a surrogate pair, in text or in jsonb. Both are replaced by U+FFFD, so that
 * a strange string costs one character and never the batch it travels in.
 */
const replacement = '\uFFFD';

/** The text as PostgreSQL can hold it. */
export function storableText(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, replacement);
}

/** JSON text for a jsonb parameter. `undefined` becomes SQL NULL, `null` stays a JSON null. */
export function storableJson(value: unknown): string | null {
  const json = JSON.stringify(value);
  if (json === undefined) return null;
  // JSON.stringify escapes both; `.` consumes every other escaped character, so that "\\u0000" (a backslash, u0000) stays.
  return json.replace(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g, (sequence, code: string) =>
    code.length > 1 ? replacement : sequence,
  );
}

import { CarillonError } from '../../core/errors.js';

/** Text, quoted names and comments, in which `?` and `;` mean nothing; then what they mean. */
const part =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[?:@$][\w:]*|;|\s+|[^\s]/g;
const trigger = /^\s*create\s+(?:temp\s+|temporary\s+)?trigger\b/i;

/**
 * Refuses what the driver would run in part: a second statement, which it leaves out, and fewer or more values than
 * placeholders, which it fills with null or drops.
 * @throws CarillonError SQL_FAILED
 */
export function checkSqliteStatement(sql: string, values: number): void {
  const tokens = (sql.match(part) ?? []).filter((token) => !/^(\s|--|\/\*)/.test(token));
  const end = tokens.indexOf(';');
  if (end !== -1 && tokens.slice(end).some((token) => token !== ';') && !trigger.test(sql)) {
    throw refused('one statement, got several');
  }
  const marks = tokens.filter((token) => /^[?:@$]\w*/.test(token) && token !== ':');
  if (marks.some((mark) => mark !== '?')) throw refused('placeholders written as `?`, got numbered or named ones');
  if (marks.length !== values) throw refused(`${marks.length} values for its placeholders, got ${values}`);
}

function refused(what: string): CarillonError {
  return new CarillonError('SQL_FAILED', `Expected ${what}.`, {
    hint: 'Give each statement, and each value, its own.',
  });
}

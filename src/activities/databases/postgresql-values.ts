import pg from 'pg';

type Parse = (text: string) => unknown;
const { builtins } = pg.types;
/** Two that the driver would make objects of, and has no names for. */
const [point, circle] = [600, 718];

/** Text of a time as PostgreSQL writes it, as RFC 3339 with all its digits; `infinity` and years BC stay. */
export function isoText(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(:\d\d)?(?::\d\d)?)?$/.exec(text);
  if (!parts) return text;
  const [, date, time, hours, minutes = ':00'] = parts;
  return `${date}T${time}${hours === undefined ? '' : zone(hours + minutes)}`;
}

function zone(offset: string): string {
  return offset === '+00:00' ? 'Z' : offset;
}

const asIs: Parse = (text) => text;
/** A whole number, as text where a JavaScript number would not be exact. */
const whole: Parse = (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);

const lossless = new Map<number, Parse>([
  [builtins.INT8, whole],
  [builtins.NUMERIC, asIs],
  [builtins.TIMESTAMP, isoText],
  [builtins.TIMESTAMPTZ, isoText],
  [builtins.DATE, asIs],
  [builtins.INTERVAL, asIs],
  [point, asIs],
  [circle, asIs],
]);
/** Scalars that stay what they are on the way through a stream; all else is the text that binds again as it came. */
const scalars = new Set<number>([
  builtins.BOOL,
  builtins.INT2,
  builtins.INT4,
  builtins.FLOAT4,
  builtins.FLOAT8,
  builtins.OID,
  builtins.BYTEA,
]);

/** For rows that people read: JSON and arrays are parsed. */
export const readable = {
  getTypeParser: ((oid: number, format?: unknown) =>
    lossless.get(oid) ?? pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** For rows that go on to another place: JSON and arrays stay the database's own text. */
export const portable = {
  getTypeParser: ((oid: number, format?: unknown) =>
    lossless.get(oid) ??
    (scalars.has(oid) ? pg.types.getTypeParser(oid, format as 'text') : asIs)) as typeof pg.types.getTypeParser,
};

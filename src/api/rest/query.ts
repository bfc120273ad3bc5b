import { CarillonError, type FieldFault } from '../../core/errors.js';
import type { Fields, Json } from './json.js';

/** What a field's schema makes of the text of a query. */
export type Kind = 'text' | 'number' | 'boolean' | 'list' | 'record';

export function kindOf(schema: Json): Kind {
  const [form = schema] = ((schema.anyOf ?? []) as Json[]).filter(({ type }) => type !== 'null');
  if (form.type === 'integer' || form.type === 'number') return 'number';
  if (form.type === 'boolean') return 'boolean';
  if (form.type === 'array') return 'list';
  return form.type === 'object' ? 'record' : 'text';
}

/** Whether a list may be written with commas: none of its words has one. */
export function takesCommas(schema: Json): boolean {
  return Array.isArray((schema.items as Json | undefined)?.enum);
}

/**
 * Fields of an input from a query string that was taken apart: `limit=5`, `state=failed&state=skipped` or
 * `state=failed,skipped`, `labels[team]=sales`. What does not fit is left as text, for the schema to refuse.
 * @throws CarillonError INPUT_INVALID, naming fields that are unknown or given twice
 */
export function readQuery(query: Json, fields: Fields): [name: string, value: unknown][] {
  const faults: FieldFault[] = [];
  const found = new Map<string, unknown>();
  const records = new Map<string, [string, string][]>();
  for (const [name, given] of Object.entries(query)) {
    const values = (Array.isArray(given) ? given : [given]) as string[];
    const [, record = '', key = ''] = /^([^[\]]+)\[(.*)\]$/s.exec(name) ?? [];
    const isEntry = kindOf(own(fields, record) ?? {}) === 'record';
    const schema = own(fields, isEntry ? record : name);
    const kind = schema && kindOf(schema);
    if (!schema || !kind || (kind === 'record') !== isEntry) {
      faults.push({ field: name, message: kind === 'record' ? `Expected \`${name}[key]=value\`.` : 'Unknown field.' });
    } else if (kind === 'list') {
      found.set(name, takesCommas(schema) ? values.flatMap((value) => value.split(',')) : values);
    } else if (values.length > 1) {
      faults.push({ field: name, message: 'Expected it once.', value: values });
    } else if (isEntry) {
      records.set(record, [...(records.get(record) ?? []), [key, values[0] ?? '']]);
    } else {
      found.set(name, readText(values[0] ?? '', kind));
    }
  }
  if (faults.length > 0) throw refused(faults);
  for (const [name, entries] of records) found.set(name, Object.fromEntries(entries));
  return [...found];
}

/** Text as the number or truth value it stands for; other text stays as it is. */
export function readText(text: string, kind: Kind): unknown {
  if (kind === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

export function own<Value>(record: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function refused(faults: FieldFault[]): CarillonError {
  const [first] = faults;
  return new CarillonError('INPUT_INVALID', faults.map(({ field, message }) => `\`${field}\`: ${message}`).join('; '), {
    ...{ field: first?.field, value: first?.value, faults },
    hint: 'Correct the fields named and send it again; /openapi.json lists those of each path.',
  });
}

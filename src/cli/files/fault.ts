import type { CarillonError, FieldFault } from '../../core/errors.js';
import type { JobDocument } from './job-file.js';

/** One thing wrong in a file, at a place people can go to. Lines and columns count from 1. */
export interface FileFault {
  file: string;
  line: number;
  column: number;
  code: string;
  /** Path of the field, dotted. */
  path?: string;
  message: string;
  hint?: string;
}

/** An error about a document, at the places of the fields it names. */
export function faultsAt(document: Pick<JobDocument, 'file' | 'locate'>, error: CarillonError): FileFault[] {
  const { faults, field, value, hint } = error.details;
  const named: FieldFault[] = faults?.length ? faults : [{ field: field ?? '', message: error.message, value }];
  return named.map((fault, index) => ({
    file: document.file,
    // A fault without a value is about the field being there, or missing.
    ...document.locate(fault.field, fault.value !== undefined ? 'value' : 'key'),
    code: error.code,
    path: fault.field || undefined,
    message: fault.message,
    hint: index === named.length - 1 ? hint : undefined,
  }));
}

export function printFault({ file, line, column, code, path, message, hint }: FileFault): string {
  const text = `${file}:${line}:${column}: ${code} ${path ? `${path}: ` : ''}${message}\n`;
  return hint ? `${text}  → ${hint}\n` : text;
}

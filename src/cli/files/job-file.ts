import { type Document, isMap, LineCounter, parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { type DefinitionInput, jobId } from '../../core/definition.js';
import { CarillonError } from '../../core/errors.js';
import { jobDocumentSchema } from '../../core/job-schema.js';
import { parseWith } from '../../core/prepare.js';
import { bareReference, substitute } from './environment.js';
import { type FileFault, faultsAt } from './fault.js';
import { type Aspect, offsetOf } from './position.js';

/** One job as a file has it. */
export interface JobDocument {
  file: string;
  id: string;
  project: string;
  definition: DefinitionInput;
  /** Where a field stands, by its dotted path; for a field that is missing, where its parent stands. */
  locate(path: string, aspect: Aspect): { line: number; column: number };
}

/** For a file whose job gets its id elsewhere. */
export const namelessSchema = jobDocumentSchema.extend({ id: jobId.optional() });

/**
 * Reads the documents of a YAML text (JSON is YAML). Documents at fault are left out, and what is wrong with them said
 * with its place.
 * @param project of documents that name none
 * @param env what `${NAME}` in values stands for
 */
export function parseJobFile(
  file: string,
  text: string,
  project: string,
  env: NodeJS.ProcessEnv = {},
  schema: z.ZodType = jobDocumentSchema,
): { documents: JobDocument[]; faults: FileFault[] } {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const documents: JobDocument[] = [];
  const faults: FileFault[] = [];
  const parsed = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })];
  for (const yaml of parsed) {
    const locate: JobDocument['locate'] = (path, aspect) => place(offsetOf(yaml, path, aspect));
    try {
      const raw = toValue(yaml, text, env, (offset, message, hint) =>
        faults.push({ file, ...place(offset), code: 'FILE_INVALID', message, hint }),
      );
      if (raw === undefined) continue;
      parseWith(schema, raw, 'INPUT_INVALID');
      const { id, project: own, ...definition } = raw as unknown as DefinitionInput & { id: string; project?: string };
      documents.push({ file, id, project: own ?? project, definition, locate });
    } catch (error) {
      if (!(error instanceof CarillonError)) throw error;
      faults.push(...faultsAt({ file, locate }, error));
    }
  }
  if (documents.length + faults.length === 0) {
    faults.push({
      file,
      line: 1,
      column: 1,
      code: 'FILE_INVALID',
      message: 'Expected at least one job, got an empty file.',
    });
  }
  return { documents, faults };
}

/** The document as plain data; undefined when it is empty, or when what is wrong has been reported. */
function toValue(
  yaml: Document.Parsed,
  text: string,
  env: NodeJS.ProcessEnv,
  report: (offset: number, message: string, hint?: string) => void,
): Record<string, unknown> | undefined {
  for (const { pos, message } of yaml.errors) {
    const quote = 'Put quotes around a value that begins with `${`: in brackets YAML takes `{` for a mapping.';
    report(pos[0], message, bareReference(text, pos[0]) ? quote : undefined);
  }
  if (yaml.errors.length > 0 || yaml.contents === null) return undefined;
  if (!isMap(yaml.contents)) {
    // An empty document, such as after a closing `---`, holds a null without text.
    const [start, end] = yaml.contents.range;
    if (start !== end) report(start, 'Expected a mapping with the fields of a job.');
    return undefined;
  }
  try {
    let whole = true;
    substitute(yaml, text, env, (...fault) => {
      whole = false;
      report(...fault);
    });
    return whole ? (yaml.toJS({ maxAliasCount: 100 }) as Record<string, unknown>) : undefined;
  } catch (error) {
    report(yaml.contents.range[0], error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

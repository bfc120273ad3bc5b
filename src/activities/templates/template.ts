import { createRequire } from 'node:module';
import type { Liquid } from 'liquidjs';
import { CarillonError } from '../../core/errors.js';

/** What becomes of a value where it is put in: as it is, percent-encoded, or with `<>&"'` as entities. */
export type Escape = 'text' | 'url' | 'html';

/** What a template may name, by its first word. */
export type Scope = Record<string, unknown>;

/** A text with places to fill in, as Liquid has them. */
export interface Template {
  /** First words of the variables it reads: `run` of `{{ run.id }}`. */
  readonly variables: readonly string[];
  /** @throws CarillonError TEMPLATE_INVALID at `field`, when a variable is missing or a limit is met */
  render(scope: Scope, field: string): string;
}

const escapes: Record<Escape, (value: unknown) => string> = {
  text: plain,
  url: (value) => encodeURIComponent(plain(value)),
  html: (value) => plain(value).replace(/[<>&"']/g, (mark) => `&#${mark.charCodeAt(0)};`),
};
const engines = new Map<Escape, Liquid>();

/** Whether there is anything to fill in. */
export function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%');
}

/** Reads a template. Throws what is wrong with it, as an ordinary error: {@link templateFault} is for the schemas. */
export function parseTemplate(text: string, escaping: Escape = 'text'): Template {
  if (!isTemplate(text)) return { variables: [], render: () => text };
  const engine = engineFor(escaping);
  const parsed = engine.parse(text);
  const variables = engine.globalVariablesSync(parsed);
  return {
    variables,
    render(scope, field) {
      try {
        return engine.renderSync(parsed, scope);
      } catch (error) {
        throw unfilled(error, field, variables, scope);
      }
    },
  };
}

/** What is wrong with a template, for the schema of its field; undefined when it can be read and knows only `names`. */
export function templateFault(text: string, names: readonly string[]): string | undefined {
  try {
    const unknown = parseTemplate(text).variables.find((name) => !names.includes(name));
    if (unknown === undefined) return undefined;
    return `Expected a template with the variables ${names.join(', ')}, got ${unknown}.`;
  } catch (error) {
    return `Expected a template, got one that cannot be read: ${reasonOf(error)}.`;
  }
}

/** Whoever only checks an input, such as the API, loads Liquid with the first template it meets, and a schema cannot wait. */
const require = createRequire(import.meta.url);

function engineFor(escaping: Escape): Liquid {
  const known = engines.get(escaping);
  if (known) return known;
  const { Liquid: Engine } = require('liquidjs') as typeof import('liquidjs');
  const engine = new Engine({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    outputEscape: escapes[escaping],
    // The same text wherever the worker runs, and nothing of its disk.
    timezoneOffset: 0,
    locale: 'en-US',
    templates: {},
    parseLimit: 1_000_000,
    renderLimit: 500,
    memoryLimit: 10_000_000,
  });
  engines.set(escaping, engine);
  return engine;
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function unfilled(error: unknown, field: string, variables: readonly string[], scope: Scope): CarillonError {
  const message = `Expected \`${field}\` to be a template that can be filled in: ${reasonOf(error)}.`;
  const first = variables.includes('last') && scope.last === undefined;
  const hint = first
    ? 'Before its first success a job has no `last`: say what to take then, `{{ last.result.x | default: "0" }}`.'
    : 'Name variables that exist, or give a default: `{{ x | default: "" }}`; see docs/http.md.';
  return new CarillonError('TEMPLATE_INVALID', message, { field, hint }, { cause: error });
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/, file:.*$/, '').slice(0, 300);
}

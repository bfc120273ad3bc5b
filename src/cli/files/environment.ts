import { type Document, type Scalar, visit } from 'yaml';
import { show } from '../../core/errors.js';

/** Tells of something wrong at an offset of the text. */
export type Report = (offset: number, message: string, hint: string) => void;

/** `$${` (stands for `${`), `${NAME}`, `${NAME:-default}`, and whatever else begins like one; `${{ … }}` is for the task. */
const reference = /\$\$\{|\$\{(?!\{)(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g;

/**
 * Puts variables into the values of a document, never into its keys. What comes of it is text, even if it looks like a
 * number: the environment cannot change the shape of a document. A default stands in for what is unset or empty.
 * @param text what the document was read from
 */
export function substitute(document: Document.Parsed, text: string, env: NodeJS.ProcessEnv, report: Report): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const at = placesOf(node, text);
      let count = 0;
      node.value = node.value.replace(reference, (whole, name?: string, otherwise?: string) => {
        const offset = at(count++);
        if (whole.startsWith('$$')) return '${';
        if (name === undefined) {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what people write.
          const said = 'Expected `${NAME}` or `${NAME:-default}`, got another text that begins with `${`.';
          report(offset, said, 'Write `$${` for the two characters themselves.');
          return whole;
        }
        const value = env[name];
        if (value || (value !== undefined && otherwise === undefined)) return value;
        if (otherwise !== undefined) return otherwise;
        const hint = `Set it, write a default as in \`\${${name}:-value}\`, or \`$\${${name}}\` for the text itself.`;
        report(offset, `Expected the environment to have ${show(name)}, found it unset.`, hint);
        return whole;
      });
    },
  });
}

/** Where in the text the references of a value stand; escapes in quoted text may hide that, then where the value does. */
function placesOf(node: Scalar, text: string): (index: number) => number {
  const [start, end] = node.range ?? [0, 0];
  const source = text.slice(start, end);
  const inSource = [...source.matchAll(reference)].map(({ index }) => start + index);
  const inValue = [...String(node.value).matchAll(reference)];
  return (index) => (inSource.length === inValue.length ? (inSource[index] as number) : start);
}

/** Whether a fault of the syntax may come of a reference that YAML takes for a mapping: `{ url: ${URL} }`. */
export function bareReference(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n')[0] ?? '';
  return /[[{,:]\s*\$\{/.test(line);
}

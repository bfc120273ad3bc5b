import { CarillonError, show } from '../errors.js';

/** `{{ item }}`, `{{ item.address.city }}`, `{{ index }}`. Anything else in braces belongs to the member's task. */
const place = /\{\{\s*(item|index)((?:\.[^\s.{}]+)*)\s*\}\}/g;
const whole = new RegExp(`^${place.source}$`);

/**
 * Input of a member. Without a template the item itself. A text that is one place and nothing else becomes the value,
 * whatever its type; a place within a text becomes text, anything but text as JSON. What is filled in is not read again.
 * @throws CarillonError TASK_INPUT_INVALID where the item lacks what a place names
 */
export function memberInput(template: unknown, item: unknown, index: number): unknown {
  return template === undefined ? item : fill(template, item, index);
}

function fill(template: unknown, item: unknown, index: number): unknown {
  if (typeof template === 'string') return fillText(template, item, index);
  if (Array.isArray(template)) return template.map((one) => fill(one, item, index));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, item, index)]));
}

function fillText(text: string, item: unknown, index: number): unknown {
  const match = whole.exec(text);
  if (match) return valueAt(match[1] as string, match[2] as string, item, index);
  return text.replace(place, (_, name: string, path: string) => {
    const value = valueAt(name, path, item, index);
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function valueAt(name: string, path: string, item: unknown, index: number): unknown {
  let value: unknown = name === 'index' ? index : item;
  for (const key of path.split('.').slice(1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
      throw new CarillonError(
        'TASK_INPUT_INVALID',
        `Expected \`item\` ${index} to have what {{ ${name}${path} }} names, got ${show(item)}.`,
        {
          field: `${name}${path}`,
          value: item,
          hint: 'Name a field that every item has, or leave `input` out: the item is the input then.',
        },
      );
    }
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced code block. */
export interface Block {
  /** Where it begins, for messages: `docs/api.md:12`. */
  at: string;
  language: string;
  /** What follows the language: says how the block is tested. */
  info: string;
  text: string;
  /** The block right after it, with nothing but blank lines between. */
  output?: string;
}

export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every page of ours, by its path in the repository. */
export const pages: string[] = [
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
].sort();

export function blocksOf(path: string): Block[] {
  const text = readPage(path);
  const fences = [...text.matchAll(/^```(\w*)[ ]*(.*)\n([\s\S]*?)^```$/gm)];
  return fences.map((fence, index) => {
    const [whole, language = '', info = '', body = ''] = fence;
    const next = fences[index + 1];
    const end = fence.index + whole.length;
    const adjoining = next && next[1] === 'text' && text.slice(end, next.index).trim() === '';
    const line = text.slice(0, fence.index).split('\n').length;
    return { at: `${path}:${line}`, language, info, text: body, output: adjoining ? next[3] : undefined };
  });
}

export const blocks: Block[] = pages.flatMap(blocksOf);

/** Rows of the table whose head begins with these cells, as cells without their marks. */
export function tableOf(page: string, ...head: string[]): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => head.every((cell, index) => cellsOf(line)[index] === cell));
  if (start === -1) throw new Error(`Expected a table with the head ${head.join(' | ')}, found none.`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end === -1 ? undefined : end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  const cells = line
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** Text between backticks, in order. */
export function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}

/** The words of a command line as a shell has them, up to a comment or a pipe. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, double, single, plain] of line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s'"]+)/g)) {
    if (plain === '#' || plain === '|') break;
    words.push(double ?? single ?? plain ?? '');
  }
  return words;
}

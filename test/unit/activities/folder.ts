import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

/** A folder of the test's own, removed after it. */
export function ownFolder(): { path: string; url: string } {
  const path = mkdtempSync(join(tmpdir(), 'carillon-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return { path, url: pathToFileURL(path).href };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { createServices, type Services } from '../../../../src/activities/services/services.js';

// Each file's statements run in a process of its own, which starts from source here.
vi.setConfig({ testTimeout: 30_000 });

/** Services with a new SQLite file named `main`. Its folder, and every process of it, is gone when the test ends. */
export function useSqlite(): { services: Services; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-sqlite-'));
  const services = createServices({ databases: { main: { url: `sqlite:${join(folder, 'main.db')}` } } });
  onTestFinished(async () => {
    await services.close();
    rmSync(folder, { recursive: true });
  });
  return { services, folder };
}

import { fork } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { entryPoint } from '../entry-point.js';

export type SdkServer = 'dev-server' | 'time-skipping';

/** Without a byte for this long, the download is given up: a machine without internet goes on quickly. */
const silenceMs = 20_000;

/**
 * Has the Temporal SDK download a server, in a process of its own because the SDK cannot be told to stop.
 * @param folder an empty folder of the caller's
 * @returns the executable, or why there is none
 */
export async function downloadBySdk(server: SdkServer, folder: string): Promise<{ path: string } | { why: string }> {
  const { path, execArgv } = entryPoint('embedded/temporal/sdk-download-main');
  const child = fork(path, [server, folder], { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let failure = '';
  let silent = false;
  child.on('message', (message: { failure: string }) => {
    failure = message.failure;
  });
  child.stderr?.resume();
  const watch = watchGrowth(folder, () => {
    silent = true;
    child.kill('SIGKILL');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (silent) return { why: `no byte came for ${silenceMs / 1000} s` };
  const [file] = code === 0 ? await readdir(folder) : [];
  return file ? { path: join(folder, file) } : { why: failure || `the SDK's download ended with code ${code}` };
}

function watchGrowth(folder: string, onSilence: () => void): NodeJS.Timeout {
  let bytes = 0;
  let quiet = 0;
  return setInterval(async () => {
    const files = await readdir(folder).catch(() => []);
    const sizes = await Promise.all(
      files.map((file) =>
        stat(join(folder, file)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    const now = sizes.reduce((sum, size) => sum + size, 0);
    quiet = now === bytes ? quiet + 1000 : 0;
    bytes = now;
    if (quiet >= silenceMs) onSilence();
  }, 1000);
}

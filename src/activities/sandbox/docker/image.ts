import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { ask, type Engine, refused, statusOf } from './engine.js';

/** Sees to it that the engine has the image. @throws CarillonError ENGINE_FAILED */
export async function fetchImage(
  engine: Engine,
  image: string,
  pull: 'missing' | 'always' | 'never',
  signal: AbortSignal,
): Promise<void> {
  if (pull === 'never' || (pull === 'missing' && (await hasImage(engine, image)))) return;
  const what = `pull ${image}`;
  const stream = (await ask(what, engine.pull(image))) as Readable;
  const abort = () => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  let fault: string | undefined;
  try {
    // The status is 200 whatever happens: a failure is one of the events.
    engine.modem.followProgress(
      stream,
      () => {},
      (event: { error?: string }) => {
        fault ??= event.error;
      },
    );
    await once(stream, 'close');
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    throw refused(what, error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
  if (fault !== undefined) throw refused(what, new Error(fault));
}

async function hasImage(engine: Engine, image: string): Promise<boolean> {
  try {
    await engine.getImage(image).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw refused(`look for ${image}`, error);
  }
}

import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { diskError } from './disk.js';
import type { DocumentSource, SourceContainer } from './source.js';
import { StreamContainer, streamGone, untilStopped } from './stdin.js';
import { realPath } from './walk.js';

/** A pipe that has a path: a FIFO, `/dev/stdin`, or the `/dev/fd/N` that a shell makes of `<(…)`. */
export class PipeSource implements DocumentSource {
  readonly isStream = true;

  constructor(readonly id: string) {}

  async *containers(stop?: AbortSignal): AsyncIterable<SourceContainer> {
    yield await Promise.resolve(new StreamContainer(this.id, readPipe(this.id, stop)));
  }

  placeOf(path: string): string {
    return realPath(path);
  }

  container(): SourceContainer {
    throw streamGone(this.id);
  }
}

/**
 * The bytes of a pipe until its last writer has closed it; a FIFO without a writer is waited for. `stop` ends each
 * wait: a thread that waits in `open` or `read` could not be ended, and would keep the process alive.
 */
async function* readPipe(path: string, stop: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  let socket: Socket | undefined;
  try {
    socket = openPipe(path);
    yield* untilStopped(path, socket, stop);
  } catch (error) {
    throw diskError(path, error);
  } finally {
    socket?.destroy();
  }
}

/** Node waits for bytes of a socket, and for the first writer, without a thread. */
function openPipe(path: string): Socket {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    // It is not a pipe any more.
    closeSync(fd);
    throw error;
  }
}

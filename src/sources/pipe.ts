import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { diskError } from './disk.js';
import type { DocumentSource, SourceContainer } from './source.js';
import { StreamContainer, streamGone, untilStopped } from './stdin.js';
import { realPath } from './walk.js';

/**
 * True for what is read as a stream: a FIFO, and a descriptor of this process such as `/dev/stdin`, or the `/dev/fd/N`
 * that a shell makes of `<(…)`. What is behind a descriptor has no name that says what is in it, not even when it is a
 * file.
 */
export function isPipe(path: string, stats: Stats): boolean {
  return stats.isFIFO() || (stats.isFile() && DESCRIPTOR.test(path));
}

const DESCRIPTOR = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/** A stream that has a path. */
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
  let stream: Readable | undefined;
  try {
    stream = openPipe(path);
    yield* untilStopped(path, stream, stop);
  } catch (error) {
    throw diskError(path, error);
  } finally {
    stream?.destroy();
  }
}

/** Node waits for bytes of a socket, and for the first writer, without a thread. */
function openPipe(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (fstatSync(fd).isFile()) return createReadStream(path, { fd });
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    // It is not a pipe any more.
    closeSync(fd);
    throw error;
  }
}

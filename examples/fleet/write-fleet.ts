import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../src/errors/classes.js';
import type { FleetDocument } from './fleet.js';
import type { FleetObject } from './objects.js';

interface WriteOptions {
  /** One file a document, or all in `bags.ndjson`. */
  readonly form: 'files' | 'ndjson';
  /** Where what the documents point to goes, as `<bucket>/<key>`. Without it nothing of that is written. */
  readonly storeDir?: string;
}

/** What was written. */
interface FleetWritten {
  readonly documents: number;
  /** Bytes of the documents, line ends included. */
  readonly bytes: number;
  readonly objects: number;
}

export const NDJSON_FILE = 'bags.ndjson';

/** Writes a fleet below `dir`, which is made when it is not there; files of the same names are replaced. */
export function writeFleet(dir: string, fleet: Iterable<FleetDocument>, options: WriteOptions): FleetWritten {
  mkdirSync(dir, { recursive: true });
  const sink = options.form === 'ndjson' ? ndjsonSink(join(dir, NDJSON_FILE)) : fileSink(dir);
  const written = { documents: 0, bytes: 0, objects: 0 };
  try {
    for (const document of fleet) {
      written.documents++;
      written.bytes += sink.write(document);
      if (options.storeDir !== undefined) written.objects += writeObjects(options.storeDir, document.objects);
    }
  } finally {
    sink.close();
  }
  return written;
}

interface Sink {
  /** Resolves to the bytes written. */
  write(document: FleetDocument): number;
  close(): void;
}

function fileSink(dir: string): Sink {
  return {
    write: ({ name, bytes }) => {
      writeFileSync(join(dir, name), bytes);
      return bytes.length;
    },
    close: () => undefined,
  };
}

function ndjsonSink(file: string): Sink {
  const descriptor = openSync(file, 'w');
  return {
    write: ({ name, bytes }) => {
      if (bytes.includes(0x0a))
        throw new ConfigError('STYLE_NOT_ONE_LINE', `${name} spans several lines and cannot be a line of NDJSON.`);
      return writeAll(descriptor, bytes) + writeAll(descriptor, NEWLINE);
    },
    close: () => {
      closeSync(descriptor);
    },
  };
}

const NEWLINE = Buffer.from('\n');

/** A write to a pipe or a nearly full disk may take only part of the bytes. */
function writeAll(descriptor: number, bytes: Uint8Array): number {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
  return bytes.length;
}

function writeObjects(storeDir: string, objects: readonly FleetObject[]): number {
  for (const { bucket, key, bytes } of objects) {
    const file = join(storeDir, bucket, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  return objects.length;
}

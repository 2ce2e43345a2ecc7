import { appendFileSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '../../../src/sources/disk.js';
import type { Replacement, SourceContainer, SourceDocument } from '../../../src/sources/source.js';
import { RowContainer } from '../../../src/sources/dynamodb/rows.js';
import { FileContainer } from '../../../src/sources/files.js';
import { NdjsonContainer } from '../../../src/sources/ndjson.js';
import { ObjectContainer } from '../../../src/sources/objects.js';
import { openOutFile, streamReplacement } from '../../../src/run/destination.js';
import { memoryObjectStore } from '../../../src/store/index.js';
import { memoryTable } from '../../fakes/memory-table.js';
import { TableState } from '../../fakes/table-state.js';
import { keyOf, pausedRow, rowText } from '../rows.js';
import { temporaryDirectory } from '../world.js';

const NEXT = '{"workflow_config":{"__s3_pointer__":true}}';
const ADDRESS = { bucket: 'bags', key: 'one.ndjson' };

/** A place that takes documents: what is read from it, the way to replace it, and what lies there at the end. */
interface Place {
  readonly container: SourceContainer;
  readonly open: () => Promise<Replacement>;
  readonly found: () => Promise<string>;
}

function filePlace(name: string, make: (path: string) => SourceContainer): Promise<Place> {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, '{"a":1}\n');
  const container = make(path);
  return Promise.resolve({
    container,
    open: () => container.replace(),
    found: () => Promise.resolve(readFileSync(path, 'utf8')),
  });
}

async function objectPlace(isNdjson: boolean): Promise<Place> {
  const objects = memoryObjectStore();
  await objects.put(ADDRESS, Buffer.from('{"a":1}\n'));
  const container = new ObjectContainer(objects, ADDRESS, isNdjson);
  return {
    container,
    open: () => container.replace(),
    found: async () => Buffer.from((await objects.get(ADDRESS)).bytes).toString(),
  };
}

async function rowPlace(): Promise<Place> {
  const state = new TableState('Tokens');
  const row = pausedRow('a');
  state.put(row);
  const container = await RowContainer.loaded(memoryTable(state), row);
  return {
    container,
    open: () => container.replace(),
    found: () => Promise.resolve(contextText(rowText(state.get(keyOf(row))!))),
  };
}

function contextText(row: string): string {
  return JSON.stringify((JSON.parse(row) as { readonly context: unknown }).context);
}

async function outPlace(): Promise<Place> {
  const place = await filePlace('a.ndjson', (path) => new NdjsonContainer(path, nodeDisk));
  const out = join(temporaryDirectory(), 'out.ndjson');
  return { ...place, open: () => openOutFile(nodeDisk, out), found: () => Promise.resolve(readFileSync(out, 'utf8')) };
}

async function streamPlace(): Promise<Place> {
  const place = await filePlace('a.ndjson', (path) => new NdjsonContainer(path, nodeDisk));
  let text = '';
  // A pipe that takes its time: what it is given is read only when it says that it is done.
  const write = (bytes: Uint8Array, done: () => void) => {
    setImmediate(() => {
      text += Buffer.from(bytes).toString();
      done();
    });
  };
  return { ...place, open: () => Promise.resolve(streamReplacement({ write })), found: () => Promise.resolve(text) };
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  'a file': () => filePlace('a.json', (path) => new FileContainer(path, nodeDisk)),
  'a file of lines': () => filePlace('a.ndjson', (path) => new NdjsonContainer(path, nodeDisk)),
  'an object': () => objectPlace(false),
  'an object of lines': () => objectPlace(true),
  'a row': rowPlace,
  'a copy': outPlace,
  'a pipe': streamPlace,
};

describe('once a write has resolved, its bytes may be written over before the commit', () => {
  it.each(Object.keys(PLACES))('of %s', async (name) => {
    const { container, open, found } = await PLACES[name]!();
    const documents: SourceDocument[] = [];
    for await (const document of container.documents()) documents.push(document);
    const replacement = await open();
    const bytes = Buffer.from(NEXT);
    await replacement.write(documents[0]!, bytes);
    bytes.fill(0x20);
    await replacement.commit(new Uint8Array());
    expect((await found()).trim()).toBe(NEXT);
  });
});

describe('a replacement leaves a file that another program changes after its digest was compared', () => {
  it.each([
    [
      'by appending to it',
      (path: string) => {
        appendFileSync(path, '{"b":2}\n');
      },
      '{"a":1}\n{"b":2}\n',
    ],
    [
      'in place, with the old size and the old modification time',
      (path: string) => {
        const { atime, mtime } = statSync(path);
        writeFileSync(path, '{"a":2}\n');
        utimesSync(path, atime, mtime);
      },
      '{"a":2}\n',
    ],
  ])('%s', async (_, change, expected) => {
    const path = join(temporaryDirectory(), 'a.json');
    writeFileSync(path, '{"a":1}\n');
    const disk: typeof nodeDisk = {
      ...nodeDisk,
      openForWrite: async (...args) => {
        const file = await nodeDisk.openForWrite(...args);
        let isChanged = false;
        // The name of the temporary file is checked after the digest, and again when the file is removed.
        const isAt = (at: string) => {
          if (!isChanged) change(path);
          isChanged = true;
          return file.isAt(at);
        };
        return { ...file, isAt };
      },
    };
    const container = new FileContainer(path, disk);
    const documents: SourceDocument[] = [];
    for await (const document of container.documents()) documents.push(document);
    const replacement = await container.replace();
    await replacement.write(documents[0]!, Buffer.from(NEXT));
    await expect(replacement.commit(new Uint8Array())).rejects.toMatchObject({ code: 'DOCUMENT_MOVED' });
    expect(readFileSync(path, 'utf8')).toBe(expected);
  });
});

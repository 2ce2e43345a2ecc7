import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeDisk } from '../../src/sources/disk.js';
import type { DocumentSource, SourceContainer, SourceDocument } from '../../src/sources/source.js';
import { FilesSource } from '../../src/sources/files.js';
import { smallBag } from '../cli/fleet-dir.js';
import { run } from './workbench.js';
import { World } from './world.js';
import { JOURNAL_FILE } from '../../src/sources/own-files.js';

/*
 * A run is given a source with a defect, through the port that every source implements. The tool notices the defect
 * because it applies the inverse of each change before it writes anything.
 */

/** The files of a world, each document with a defect that `spoil` puts into it. */
function spoiled(world: World, spoil: (document: SourceDocument) => SourceDocument): DocumentSource {
  const files = new FilesSource(world.source, nodeDisk);
  return {
    id: files.id,
    container: (id) => files.container(id),
    async *containers(signal) {
      for await (const container of files.containers(signal)) yield withDefect(container, spoil);
    },
  };
}

function withDefect(container: SourceContainer, spoil: (document: SourceDocument) => SourceDocument): SourceContainer {
  return {
    id: container.id,
    get version() {
      return container.version;
    },
    get tail() {
      return container.tail;
    },
    replace: (signal) => container.replace(signal),
    async *documents(signal) {
      for await (const document of container.documents(signal)) yield spoil(document);
    },
  };
}

/** Large enough to be read into memory that is used again, and nearly as large after the migration. */
const BAG = Buffer.from(smallBag({ rows: Array.from({ length: 8_000 }, (_, row) => row) }));

async function expectNothingWritten(world: World, source: DocumentSource): Promise<void> {
  const { outcomes } = await run(world, {}, { sources: [source] });
  expect(outcomes).toMatchObject([{ outcome: 'failed', code: 'INVERSE_BROKEN' }]);
  expect(readFileSync(join(world.source, 'a.json'))).toEqual(BAG);
  const journal = join(world.journal, JOURNAL_FILE);
  expect(existsSync(journal) ? readFileSync(journal, 'utf8') : '').not.toContain('"kind":"intent"');
}

it('a source without a defect has its document migrated', async () => {
  const world = await World.with({ 'a.json': BAG });
  const { outcomes } = await run(world, {}, { sources: [spoiled(world, (document) => document)] });
  expect(outcomes).toMatchObject([{ outcome: 'migrated' }]);
});

it('a document is not written when its source released its memory and the new bytes were made in that memory', async () => {
  const world = await World.with({ 'a.json': BAG });
  const source = spoiled(world, (document) => {
    document.release?.();
    return document;
  });
  await expectNothingWritten(world, source);
});

it('a document is not written when the inverse of its stored form does not give the original bytes', async () => {
  const world = await World.with({ 'a.json': BAG });
  const source = spoiled(world, (document) => ({ ...document, keep: (bytes) => ({ bytes, inverse: [] }) }));
  await expectNothingWritten(world, source);
});

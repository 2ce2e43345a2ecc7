import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Target } from '../../migrations/index.js';
import { statebag } from '../cli/terminal.js';
import { BUCKET, STORE, STORE_OPTIONS } from './place.js';
import type { Place } from './place.js';

/** Documents by a name that a file may have, without `.json`. */
export type Documents = Readonly<Record<string, Uint8Array>>;

/** What a run reported of a document, and its bytes after the run. */
export interface Migrated {
  readonly outcome: string;
  readonly code?: string;
  readonly bytes: Buffer;
}

/** A directory of documents, migrated in place by the command. */
export interface MigrationRun {
  readonly of: Readonly<Record<string, Migrated>>;
  /** Runs the same command again, with a journal of its own. */
  readonly again: () => Promise<Readonly<Record<string, Migrated>>>;
  /** Rolls the first run back, and gives the bytes of every document then. */
  readonly rollBack: () => Promise<Readonly<Record<string, Buffer>>>;
}

interface Report {
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
}

let runs = 0;

/** Migrates documents with one run of the command. `args` are further options of it. */
export async function migrate(
  { dir }: Pick<Place, 'dir'>,
  documents: Documents,
  target: Target = 'lean',
  args: readonly string[] = [],
): Promise<MigrationRun> {
  const folder = `bags-${++runs}`;
  mkdirSync(join(dir, folder), { recursive: true });
  const fileOf = (name: string) => join(dir, folder, `${name}.json`);
  const names = Object.keys(documents);
  for (const name of names) writeFileSync(fileOf(name), documents[name]!);
  const readAll = () => Object.fromEntries(names.map((name) => [name, readFileSync(fileOf(name))]));
  const store = [...STORE_OPTIONS, ...args];
  const apply = async (journal: string) => {
    const command = ['migrate', folder, '--to', target, '--apply', '--json', '--quiet', '--journal', journal, ...store];
    const { out, err } = await statebag(dir, command);
    expect(err).toBe('');
    const reported = new Map((JSON.parse(out) as Report).documents.map(({ id, ...rest }) => [id, rest]));
    const bytes = readAll();
    return Object.fromEntries(names.map((name) => [name, { ...reported.get(fileOf(name))!, bytes: bytes[name]! }]));
  };
  return {
    of: await apply(`${folder}-journal`),
    again: () => apply(`${folder}-journal-again`),
    rollBack: async () => {
      const { code, err } = await statebag(dir, ['rollback', '--apply', '--quiet', '--journal', `${folder}-journal`]);
      expect([code, err]).toEqual([0, '']);
      return readAll();
    },
  };
}

/** Migrates one document. */
export async function migrateOne(
  place: Pick<Place, 'dir'>,
  document: Uint8Array,
  target: Target = 'lean',
  args: readonly string[] = [],
): Promise<Migrated & Pick<MigrationRun, 'rollBack' | 'again'>> {
  const { of, again, rollBack } = await migrate(place, { bag: document }, target, args);
  return { ...of.bag!, again, rollBack };
}

/** Fills a document's bags in again, and gives the bytes that the command printed. */
export async function hydrate({ dir }: Pick<Place, 'dir'>, document: Uint8Array): Promise<Buffer> {
  const { code, err, bytes } = await statebag(dir, ['hydrate', '-', ...STORE_OPTIONS], { stdin: document });
  expect([code, err]).toEqual([0, '']);
  return bytes;
}

/** A blob at a content address that a document names, by what kind of content it holds. */
export interface NamedBlob {
  readonly kind: 'configs' | 'partitions' | 'manifests';
  readonly text: string;
}

/** A content address of the default layout: the kind and the digest. */
const ADDRESS = /workflow-(configs|partitions|manifests)\/[^/"\\]+\/[^/"\\]+\/([0-9a-f]{64})\/[a-z_]+\.json/g;

/**
 * The blobs at content addresses that a document names and its original did not. Expects each to hold the bytes of its
 * digest.
 */
export function namedBlobs(
  { dir }: Pick<Place, 'dir'>,
  document: Uint8Array,
  original: Uint8Array,
  bucket = BUCKET,
): readonly NamedBlob[] {
  const before = Buffer.from(original).toString();
  const named = [...Buffer.from(document).toString().matchAll(ADDRESS)].filter(([key]) => !before.includes(key));
  return named.map(([key, kind, digest]) => {
    const bytes = readFileSync(join(dir, STORE, bucket, key));
    expect([key, createHash('sha256').update(bytes).digest('hex')]).toEqual([key, digest]);
    return { kind: kind as NamedBlob['kind'], text: bytes.toString() };
  });
}

/** The text of a document and of every JSON string in it, at any depth: where a value of its bags is spelled. */
export function textsOf(text: string): readonly string[] {
  const strings = [...text.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([quoted]) => decoded(quoted));
  return [text, ...strings.filter((inner) => /^\s*[[{"]/.test(inner)).flatMap((inner) => textsOf(inner))];
}

function decoded(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return '';
  }
}

import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Seeded schedules run so many times as often with STATEBAG_SOAK set. */
export const SOAK = process.env.STATEBAG_SOAK === undefined ? 1 : 20;

export const NOW = '2026-02-01T02:00:00.000Z';
export const BLOBS = 'blobs';
export const DOCS = 'docs';

/** A directory for this test alone. It is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'statebag-batch-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Documents by name: a path below the source directory, or `s3://docs/key`. */
export type Documents = Readonly<Record<string, Uint8Array>>;

/** Names of all files below a directory, dotfiles too. */
export function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Digests of single documents. Each line of NDJSON is a document. Names are those of outcomes, without the directory.
 * Temporary files are left out.
 */
export function documentDigests(containers: Documents): Record<string, string> {
  const entries = Object.entries(containers).flatMap(([name, bytes]) => {
    if (!name.endsWith('json')) return [];
    if (!name.endsWith('.ndjson')) return [[name, sha256(bytes)] as const];
    const lines = Buffer.from(bytes).toString('latin1').split(/\r?\n/);
    return lines.flatMap((line, at) =>
      line.trim() === '' ? [] : [[`${name}#L${at + 1}`, sha256(Buffer.from(line, 'latin1'))] as const],
    );
  });
  return Object.fromEntries<string>(entries.sort());
}

/** Digests by name, for comparing whole worlds with a readable difference. */
export function digests(documents: Documents): Record<string, string> {
  return Object.fromEntries<string>(
    Object.entries(documents)
      .map(([name, bytes]) => [name, sha256(bytes)] as const)
      .sort(),
  );
}

interface Stored {
  documents(): Promise<Documents>;
  blobs(): Promise<Documents>;
}

/** Pointers into the blob store, in all documents, that lead to nothing or to other bytes than they name. */
export async function danglingPointers(world: Stored): Promise<string[]> {
  const blobs = await world.blobs();
  const dangling = new Set<string>();
  for (const bytes of Object.values(await world.documents())) {
    for (const [uri] of Buffer.from(bytes)
      .toString('latin1')
      .matchAll(new RegExp(`s3://${BLOBS}/[^"\\\\]+`, 'g'))) {
      const blob = blobs[uri];
      if (blob === undefined || !uri.includes(`/${sha256(blob)}/`)) dangling.add(uri);
    }
  }
  return [...dangling];
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { statebag } from '../cli/terminal.js';
import { makePlace } from './place.js';

/** What can be told of a document without following a pointer. */
export interface Reading {
  readonly generation: string;
  /** Member names from the document to its innermost bag, with dots; `null` without a bag. */
  readonly envelope: string | null;
  readonly bytesInline: number;
  readonly hazards: readonly string[];
  readonly dialects: readonly string[];
}

type Reported = Reading & { readonly id: string };

/** Documents by a name that a file may have, read by one run of the command `inspect`. */
export async function inspectAll(documents: ReadonlyMap<string, Uint8Array>): Promise<ReadonlyMap<string, Reading>> {
  const dir = mkdtempSync(join(makePlace().dir, 'bags-'));
  for (const [name, bytes] of documents) writeFileSync(join(dir, `${name}.json`), bytes);
  const { out } = await statebag(dir, ['inspect', dir, '--json', '--quiet']);
  const { documents: reported } = JSON.parse(out) as { readonly documents: readonly Reported[] };
  return new Map(
    reported.map(({ id, generation, envelope, bytesInline, hazards, dialects }) => [
      basename(id, '.json'),
      { generation, envelope, bytesInline, hazards, dialects },
    ]),
  );
}

/** One document. */
export async function inspect(document: Uint8Array): Promise<Reading> {
  const [reading] = (await inspectAll(new Map([['document', document]]))).values();
  return reading!;
}

/** A value, as its JSON text. */
export function inspectValue(value: unknown): Promise<Reading> {
  return inspect(Buffer.from(JSON.stringify(value)));
}

import { readDocument } from '../../bag/value.js';
import { inflateRawSync } from 'node:zlib';
import { BagDocument } from '../../bag/bag.js';
import { BagError } from '../../errors/index.js';
import type { InversePiece, JournalEntry } from '../journal-entry.js';
import { readJournal } from '../journal-read.js';
import { blobDigestOf } from '../own-document.js';
import type { SourceDocument } from '../source.js';
import { survey } from '../survey.js';
import type { Blind, SurveyOptions } from '../survey.js';
import { LiveDigests } from './live-digests.js';

export interface MarkOptions extends Pick<SurveyOptions, 'sources' | 'concurrency' | 'allowEmpty' | 'stop'> {
  /** Directories of journals whose rollback is to stay possible. */
  readonly journals: readonly string[];
}

export interface Mark {
  readonly live: LiveDigests;
  readonly documents: number;
  /** Nothing may be swept while this is not empty: what cannot be read may point to anything. */
  readonly blind: readonly Blind[];
}

/** Gathers the digests that documents and journals name, beside those that are known to be alive. */
export async function mark(options: MarkOptions, live = new LiveDigests()): Promise<Mark> {
  const blind: Blind[] = [];
  let documents = 0;
  const onBlind = (found: Blind): void => void blind.push(found);
  const onDocument = (document: SourceDocument): void => {
    documents++;
    live.addText(document.bytes);
    if (document.beside) live.addText(document.beside());
    const flaw = flawOf(document);
    if (flaw) blind.push(flaw);
  };
  for (const directory of options.journals) await markJournal(directory, live);
  // What a blob names is alive only while the blob is; what the lines of a journal name is kept in any case.
  const onOwn = (document: SourceDocument): void => {
    const digest = blobDigestOf(document);
    if (digest === undefined) live.addText(document.bytes);
    else live.addBlob(digest, document.bytes);
  };
  await survey({ ...options, onDocument, onBlind, onOwn });
  return { live, documents, blind };
}

/** Bytes that are not JSON may be compressed or encrypted, and hide what they name. */
function flawOf({ id, bytes, verdict }: SourceDocument): Blind | undefined {
  if (verdict?.code === 'ATTRIBUTE_NOT_JSON')
    return { kind: 'unreadable', id, code: verdict.code, reason: verdict.reason };
  try {
    // A bag that no reader takes may be one that was not understood.
    new BagDocument(readDocument(bytes)).assertValidIds();
    return undefined;
  } catch (error) {
    if (error instanceof BagError) return { kind: 'unreadable', id, code: error.code, reason: error.message };
    throw error;
  }
}

async function markJournal(directory: string, live: LiveDigests): Promise<void> {
  for await (const { entry } of readJournal(directory)) for (const text of textsOf(entry)) live.addText(text);
}

/** What an entry names itself, and the text it would put back, which may hold pointers too. */
function textsOf(entry: JournalEntry): readonly Uint8Array[] {
  if (entry.kind !== 'intent') return [];
  return [Buffer.from(JSON.stringify(entry)), ...entry.inverse.flatMap(({ pieces }) => pieces.map(textOf))];
}

function textOf(piece: InversePiece): Uint8Array {
  if ('text' in piece) return Buffer.from(piece.text, 'base64');
  return 'deflate' in piece ? inflateRawSync(Buffer.from(piece.deflate, 'base64')) : new Uint8Array();
}

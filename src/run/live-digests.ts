import { decodeText } from './encoded-text.js';

const DIGEST_LENGTH = 64;

/**
 * The digests that are named anywhere in documents. A blob whose digest is among them is alive: it does not matter in
 * which dialect, at which place or inside how many strings it is named, so that no pointer can be overlooked.
 */
export class LiveDigests {
  readonly #found = new Set<string>();
  /** What blobs name that nothing names so far. */
  readonly #behind = new Map<string, readonly string[]>();

  get size(): number {
    return this.#found.size;
  }

  has(digest: string): boolean {
    return this.#found.has(digest);
  }

  add(digest: string): void {
    if (this.#found.has(digest)) return;
    this.#found.add(digest);
    for (const behind of this.#behind.get(digest) ?? []) this.add(behind);
    this.#behind.delete(digest);
  }

  /** Adds what a blob names, as soon as the blob itself is named. */
  addBlob(digest: string, bytes: Uint8Array): void {
    if (this.has(digest)) this.addText(bytes);
    else this.#behind.set(digest, namedIn(textsIn(bytes)));
  }

  /** Adds what a text names. False when not all of it is understood, so that it may name more. */
  addText(bytes: Uint8Array): boolean {
    const texts = textsIn(bytes);
    for (const digest of namedIn(texts)) this.add(digest);
    return !texts.includes(undefined);
  }
}

/** The text as it is written, unescaped and decoded; `undefined` in place of what is not understood. */
function textsIn(bytes: Uint8Array): readonly (string | undefined)[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  // What is escaped may be beside a digest, too.
  const written = text.includes(ESCAPED) ? [text, ...unescapeAll(text)] : [text];
  return written.flatMap((each) => [each, ...decodeText(each)]);
}

/** Hex digits that touch a digest, as the `2f` of an escaped slash does, do not hide it. */
function namedIn(texts: readonly (string | undefined)[]): readonly string[] {
  const runs = texts.flatMap((text) => text?.match(/[0-9a-f]{64,}/g) ?? []);
  return runs.flatMap((run) => [run.slice(0, DIGEST_LENGTH), run.slice(-DIGEST_LENGTH)]);
}

const ESCAPED = '\\u00';

/** JSON text inside JSON text inside … */
const MOST_LEVELS = 16;

/** The text with its hex digits, backslashes and `u` unescaped once, twice, and so on until nothing is escaped. */
function unescapeAll(text: string): readonly string[] {
  const texts: string[] = [];
  for (let last = text; texts.length < MOST_LEVELS;) {
    const next = last.replace(/(?<!\\)\\+u00(3\d|6[1-6]|5c|75)/gi, (_, code: string) =>
      String.fromCharCode(parseInt(code, 16)),
    );
    if (next === last) break;
    texts.push(next);
    last = next;
  }
  return texts;
}

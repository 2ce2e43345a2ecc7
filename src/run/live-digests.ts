import { readTextLayers } from '../json/text-layers.js';

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
    else this.#behind.set(digest, Array.from(readTextLayers(bytes), listNamed).flat());
  }

  /** Adds what a text names. False when not all of it is understood, so that it may name more. */
  addText(bytes: Uint8Array): boolean {
    let isWhole = true;
    for (const text of readTextLayers(bytes)) {
      for (const digest of listNamed(text)) this.add(digest);
      isWhole &&= text !== undefined;
    }
    return isWhole;
  }
}

/** Hex digits that touch a digest, as the `2f` of an escaped slash does, do not hide it. */
function listNamed(text: string | undefined): readonly string[] {
  const runs = text?.match(/[0-9a-f]{64,}/g) ?? [];
  return runs.flatMap((run) => [run.slice(0, DIGEST_LENGTH), run.slice(-DIGEST_LENGTH)]);
}

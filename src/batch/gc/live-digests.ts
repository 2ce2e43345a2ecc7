const DIGEST_LENGTH = 64;

/**
 * The digests that are named anywhere in documents. A blob whose digest is among them is alive: it does not matter in
 * which dialect, at which place or inside how many strings it is named, so that no pointer can be overlooked.
 */
export class LiveDigests {
  readonly #found = new Set<string>();

  get size(): number {
    return this.#found.size;
  }

  has(digest: string): boolean {
    return this.#found.has(digest);
  }

  add(digest: string): void {
    this.#found.add(digest);
  }

  /** Adds what a text names. Hex digits that touch a digest, as the `2f` of an escaped slash does, do not hide it. */
  addText(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    for (const [run] of text.matchAll(/[0-9a-f]{64,}/g)) {
      this.add(run.slice(0, DIGEST_LENGTH));
      this.add(run.slice(-DIGEST_LENGTH));
    }
  }
}

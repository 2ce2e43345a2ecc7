import type { Replacement, SourceContainer, SourceDocument } from './source.js';

/**
 * The new content of a container, opened at the first document that changes, so that a container without one is never
 * touched. What stood before that document is read again and copied.
 */
export class LazyReplacement {
  private replacement: Replacement | undefined;
  private seen = 0;

  constructor(
    private readonly container: SourceContainer,
    private readonly open: () => Promise<Replacement>,
    /** Open at the first document, changed or not. */
    private readonly always = false,
  ) {}

  /** Takes the documents in order; `bytes` is undefined for one that stays as it is. */
  async write(document: SourceDocument, bytes: Uint8Array | undefined): Promise<void> {
    if (!this.replacement && (bytes !== undefined || this.always)) await this.begin();
    this.seen++;
    await this.replacement?.write(document, bytes ?? document.bytes);
  }

  get isOpen(): boolean {
    return this.replacement !== undefined;
  }

  async commit(): Promise<void> {
    await this.replacement?.commit(this.container.tail);
    this.replacement = undefined;
  }

  async abort(): Promise<void> {
    await this.replacement?.abort();
  }

  private async begin(): Promise<void> {
    this.replacement = await this.open();
    if (this.seen === 0) return;
    let left = this.seen;
    for await (const document of this.container.documents()) {
      await this.replacement.write(document, document.bytes);
      if (--left === 0) break;
    }
  }
}

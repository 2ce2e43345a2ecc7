import type { StateBagError } from '../../errors/index.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';

/** A directory that cannot be listed, or a link that cannot be followed: what is there is not known. */
export class UnreadablePlace implements SourceContainer {
  readonly version = undefined;
  readonly tail = new Uint8Array();

  constructor(
    readonly id: string,
    readonly unreadable: StateBagError,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    yield await Promise.reject<SourceDocument>(this.unreadable);
  }

  replace(): Promise<Replacement> {
    return Promise.reject(this.unreadable);
  }
}

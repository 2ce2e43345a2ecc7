import type { UnseenEntry } from './finding-writer.js';

/** A directory may hold thousands of files of other names. */
const SHOWN = 20;

/** The lines of the first twenty entries, and how many there are besides: what people read. */
export class EntryList {
  #count = 0;

  constructor(private readonly format: (entry: UnseenEntry) => string) {}

  add(entry: UnseenEntry): string {
    this.#count++;
    return this.#count > SHOWN ? '' : this.format(entry);
  }

  /** A line when there are more. */
  rest(): string {
    return this.#count > SHOWN ? `… and ${this.#count - SHOWN} more, see --json\n` : '';
  }
}

import { byteAt } from './byte-at.js';
import type { ScanKernel } from './kernel/kernel.js';
import { skipValue } from './skip-value.js';
import { skipString } from './string-token.js';
import { skipWhitespace } from './whitespace.js';

const SPACE = 0x20;

/** A document and the ways to pass over what is in it, each of which checks what it passes. Throws `BagError`. */
export class TextWalk {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  /** `maxDepth` is a whole number: how many containers may nest. The kernel, when there is one, holds this document. */
  constructor(
    document: Uint8Array,
    readonly maxDepth: number,
    readonly kernel?: ScanKernel,
  ) {
    // A plain array over the same memory whatever came in: `Buffer` would be a second type to the compiled loops.
    this.bytes = new Uint8Array(document.buffer, document.byteOffset, document.byteLength);
    this.view = new DataView(document.buffer, document.byteOffset, document.byteLength);
  }

  /** Offset of the first byte at or after `from` that is not white space. */
  skipSpace(from: number): number {
    return byteAt(this.bytes, from) > SPACE ? from : skipWhitespace(this.bytes, this.view, from);
  }

  /** Offset past the string whose opening quote is at `start`. */
  skipString(start: number): number {
    return skipString(this.bytes, this.view, start + 1);
  }

  /** Offset past the value at `start`. `depth` containers are open around it. */
  skipValue(start: number, depth: number): number {
    const end = this.kernel === undefined ? -1 : this.kernel.value(start, this.maxDepth - depth);
    return end >= 0 ? end : skipValue(this.bytes, this.view, start, depth, this.maxDepth);
  }
}

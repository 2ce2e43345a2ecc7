import { CODE } from './code.js';

/** Where things lie in the kernel's memory, in bytes; `scan.wat` knows these places too. */
const RECORDS = 64 * 1024;
const FIRST_RECORD = RECORDS + 16;
const DOCUMENT = 128 * 1024;

const PAGE = 64 * 1024;

/** Zeros behind the document: as much as the widest read of the kernel. */
const PADDING = 16;

/** Shorter documents are checked before they are copied. */
const MIN_BYTES = 4 * 1024;

/** The memory never shrinks; a rare giant is left to the other implementation. */
const MAX_BYTES = 8 * 1024 * 1024;

/** As much of the global as is used here: its types come with those of a browser only. */
interface WebAssemblyApi {
  validate(code: Uint8Array): boolean;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  value(at: number, levels: number): number;
  members(at: number, levels: number): number;
}

/**
 * The scan as WebAssembly with SIMD, three to four times as fast as the one in TypeScript and with the same answers.
 * It holds one document at a time: a scan is synchronous and calls nobody back. Everywhere -1 stands for a refusal,
 * be it the text's fault or a limit of the kernel: the other implementation then says which.
 */
export class ScanKernel {
  #bytes = new Uint8Array();
  #words = new Int32Array();

  private constructor(private readonly exports: Exports) {}

  /** `undefined` where there is no WebAssembly, or none with SIMD. */
  static create(): ScanKernel | undefined {
    const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
    const code = Buffer.from(CODE, 'base64');
    if (api?.validate(code) !== true) return undefined;
    return new ScanKernel(new api.Instance(new api.Module(code)).exports as Exports);
  }

  load(document: Uint8Array): void {
    this.#reserve(DOCUMENT + document.length + PADDING);
    this.#bytes.set(document, DOCUMENT);
    this.#bytes.fill(0, DOCUMENT + document.length, DOCUMENT + document.length + PADDING);
  }

  /** Checks the value at or after `from` and returns the offset past it, or -1. `levels` containers may open in it. */
  value(from: number, levels: number): number {
    const end = this.exports.value(DOCUMENT + from, levels);
    return end < 0 ? end : end - DOCUMENT;
  }

  /** Checks the object that begins at `start` and finds its members: how many, or -1. `levels` may open in a member. */
  members(start: number, levels: number): number {
    return this.exports.members(DOCUMENT + start + 1, levels);
  }

  /** Offset past the object whose members were found last. */
  get objectEnd(): number {
    return this.#words[RECORDS >> 2]! - DOCUMENT;
  }

  /** The members found last, so many: begin and end of each key and of each value, offsets in the document. */
  places(count: number): Int32Array {
    const first = FIRST_RECORD >> 2;
    const places = this.#words.slice(first, first + 4 * count);
    for (let at = 0; at < places.length; at += 1) places[at]! -= DOCUMENT;
    return places;
  }

  #reserve(bytes: number): void {
    const { memory } = this.exports;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    if (missing <= 0 && this.#bytes.length > 0) return;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
  }
}

let kernel: ScanKernel | undefined;
let isAsked = false;

/** The kernel with this document in it, where there is one and the document is of a size for it. */
export function kernelHolding(document: Uint8Array): ScanKernel | undefined {
  if (document.length < MIN_BYTES || document.length > MAX_BYTES) return undefined;
  if (!isAsked) kernel = ScanKernel.create();
  isAsked = true;
  kernel?.load(document);
  return kernel;
}

/** Shorter pieces are copied faster byte by byte than by a call of `set`. */
const FEW = 32;

/** Writes the bytes into `target` at an offset and returns the offset behind them. There must be room. */
export function appendBytes(target: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > FEW) target.set(bytes, at);
  else for (let index = 0; index < length; index += 1) target[at + index] = bytes[index]!;
  return at + length;
}

/** The same for a whole number of zero or more, in decimal digits. */
export function appendNumber(target: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    target[at] = DIGIT_0 + value;
    return at + 1;
  }
  const rest = Math.floor(value / 10);
  return appendNumber(target, appendNumber(target, at, rest), value - 10 * rest);
}

const DIGIT_0 = 0x30;

/** The pieces one behind the other, in memory that `allocate` gives. */
export function concatenate(parts: readonly Uint8Array[], allocate = uninitialised): Uint8Array {
  const whole = allocate(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) at = appendBytes(whole, at, part);
  return whole;
}

/** Bytes of any content, to be written over: clearing them first would cost as much as filling them. */
export function uninitialised(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

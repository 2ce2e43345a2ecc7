/** Gives the byte offset for an index into `text`, which counts UTF-16 units. */
export function byteOffsets(text: string): (index: number) => number {
  const length = Buffer.byteLength(text);
  if (length === text.length) return (index) => index;
  const offsets = new Uint32Array(text.length + 1);
  let bytes = 0;
  let at = 0;
  for (const character of text) {
    offsets.fill(bytes, at, at + character.length);
    at += character.length;
    bytes += Buffer.byteLength(character);
  }
  offsets[at] = bytes;
  return (index) => offsets[index] ?? length;
}

/** Bytes that mean something in JSON. All are ASCII, so none can occur inside a longer UTF-8 character. */
export const TAB = 0x09;
export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const DIGIT_0 = 0x30;
export const DIGIT_9 = 0x39;
export const COLON = 0x3a;
export const UPPER_I = 0x49;
export const UPPER_N = 0x4e;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const LOWER_E = 0x65;
export const LOWER_F = 0x66;
export const LOWER_N = 0x6e;
export const LOWER_T = 0x74;
export const LOWER_U = 0x75;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** Setting this bit turns an ASCII capital into its small letter. */
export const LOWER_CASE_BIT = 0x20;

function tableOf(valueOf: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => valueOf(byte));
}

/** What follows a backslash, `u` excepted: the byte it stands for, 0 where the escape is not allowed. */
export const SHORT_ESCAPES: Uint8Array = tableOf((byte) => {
  const letter = '"\\/bfnrt'.indexOf(String.fromCharCode(byte));
  return letter < 0 ? 0 : '"\\/\b\f\n\r\t'.charCodeAt(letter);
});

/** 0 to 15 for a hexadecimal digit of either case, 255 for every other byte. */
export const HEX_VALUES: Uint8Array = tableOf((byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? 255 : digit;
});

/** The byte at an offset, 0 past the end: a read outside the array would make the compiled loops slow for ever after. */
export function byteAt(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? bytes[at]! : 0;
}

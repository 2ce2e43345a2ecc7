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

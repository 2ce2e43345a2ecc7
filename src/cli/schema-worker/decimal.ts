/* Numbers of JSON as they are spelled. A double keeps 17 digits and ends near 1e308. */

/** `digits` × 10^`exponent`, without zeros at either end of the digits; zero has no digits. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: bigint;
}

const SPELLING = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** `undefined` for `NaN` and the infinities, which Python writes. */
export function parseDecimal(spelling: string): Decimal | undefined {
  const [matched, sign, whole = '', fraction = '', exponent = '0'] = SPELLING.exec(spelling) ?? [];
  if (matched === undefined) return undefined;
  const all = whole + fraction;
  let [start, end] = [0, all.length];
  while (start < end && all[start] === '0') start++;
  while (end > start && all[end - 1] === '0') end--;
  if (start === end) return { isNegative: false, digits: '', exponent: 0n };
  return {
    isNegative: sign === '-',
    digits: all.slice(start, end),
    exponent: BigInt(exponent) - BigInt(fraction.length) + BigInt(all.length - end),
  };
}

/** One text for all spellings of a value. */
export function formatDecimal({ isNegative, digits, exponent }: Decimal): string {
  return digits === '' ? '0' : `${isNegative ? '-' : ''}${digits}e${exponent}`;
}

/** True when a double keeps the value: its shortest spelling means the same as this one. */
export function isExact(spelling: string): boolean {
  const [written, kept] = [parseDecimal(spelling), parseDecimal(String(Number(spelling)))];
  return written !== undefined && kept !== undefined && formatDecimal(written) === formatDecimal(kept);
}

export function isWhole({ exponent }: Decimal): boolean {
  return exponent >= 0n;
}

/** Below 0 when `a` is less than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (signOf(a) !== signOf(b)) return signOf(a) - signOf(b);
  const [high, low] = a.isNegative ? [b, a] : [a, b];
  const difference = high.exponent + BigInt(high.digits.length) - low.exponent - BigInt(low.digits.length);
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  if (high.digits === low.digits) return 0;
  return high.digits < low.digits ? -1 : 1;
}

function signOf({ isNegative, digits }: Decimal): number {
  if (digits === '') return 0;
  return isNegative ? -1 : 1;
}

/** Exact, whatever the exponents: no power of ten is ever written out. */
export function isMultiple(value: Decimal, divisor: Decimal): boolean {
  if (value.digits === '') return true;
  const power = value.exponent - divisor.exponent;
  // The digits of the value do not end with 0, so they are no multiple of a power of ten.
  if (power < 0n) return false;
  const modulus = BigInt(divisor.digits);
  return ((BigInt(value.digits) % modulus) * powerOfTen(power, modulus)) % modulus === 0n;
}

function powerOfTen(power: bigint, modulus: bigint): bigint {
  let [result, base] = [1n % modulus, 10n % modulus];
  for (let left = power; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

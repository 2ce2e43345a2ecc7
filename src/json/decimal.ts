const SPELLING = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** More digits than any bound that a validator can count to. */
const MAX_DIGITS = 400n;

/** A number of JSON as it is spelled. A double has no odd numbers beyond 2^53 and nothing beyond 1.8e308. */
export class Decimal {
  private constructor(
    readonly spelling: string,
    private readonly isNegative: boolean,
    /** Without zeros at either end; empty for 0. */
    private readonly digits: string,
    /** Of ten, behind the last digit. */
    private readonly exponent: bigint,
  ) {}

  /** `undefined` for what is not a number of JSON, such as `NaN`, which Python writes. */
  static parse(spelling: string): Decimal | undefined {
    const [matched, sign, whole = '', fraction = '', exponent = '0'] = SPELLING.exec(spelling) ?? [];
    if (matched === undefined) return undefined;
    const all = whole + fraction;
    let [start, end] = [0, all.length];
    while (start < end && all[start] === '0') start++;
    while (end > start && all[end - 1] === '0') end--;
    if (start === end) return new Decimal(spelling, false, '', 0n);
    const power = BigInt(exponent.replace('+', '')) - BigInt(fraction.length) + BigInt(all.length - end);
    return new Decimal(spelling, sign === '-', all.slice(start, end), power);
  }

  /** Of a whole number that a double keeps. */
  static of(value: number): Decimal {
    return Decimal.parse(String(value))!;
  }

  /** The same text for the same number, however it is spelled. */
  canonical(): string {
    return this.digits === '' ? '0' : `${this.isNegative ? '-' : ''}${this.digits}e${this.exponent}`;
  }

  /** True when a double keeps the value: its shortest spelling means the same as this one. */
  isDouble(): boolean {
    return Decimal.parse(String(Number(this.spelling)))?.canonical() === this.canonical();
  }

  isWhole(): boolean {
    return this.exponent >= 0n;
  }

  /** Negative for less, 0 for equal. */
  compare(other: Decimal): number {
    if (this.sign !== other.sign) return this.sign - other.sign;
    const magnitude = this.compareMagnitude(other);
    return this.isNegative ? -magnitude : magnitude;
  }

  /** Exact, whatever the exponents: no power of ten is ever written out. */
  isMultipleOf(divisor: Decimal): boolean {
    if (this.digits === '') return true;
    const power = this.exponent - divisor.exponent;
    // The digits do not end with 0, so they are no multiple of a power of ten.
    if (power < 0n) return false;
    const modulus = BigInt(divisor.digits);
    return ((BigInt(this.digits) % modulus) * powerOfTen(power, modulus)) % modulus === 0n;
  }

  /** `undefined` for a number with a fraction, and for one of too many digits. */
  toInteger(): bigint | undefined {
    if (!this.isWhole() || this.exponent + BigInt(this.digits.length) > MAX_DIGITS) return undefined;
    const magnitude = BigInt(this.digits) * 10n ** this.exponent;
    return this.isNegative ? -magnitude : magnitude;
  }

  private get sign(): number {
    return this.digits === '' ? 0 : this.isNegative ? -1 : 1;
  }

  private compareMagnitude(other: Decimal): number {
    const [length, others] = [this.digits.length, other.digits.length];
    const [top, otherTop] = [this.exponent + BigInt(length), other.exponent + BigInt(others)];
    if (top !== otherTop) return top < otherTop ? -1 : 1;
    const width = Math.max(length, others);
    const [one, two] = [this.digits.padEnd(width, '0'), other.digits.padEnd(width, '0')];
    return one === two ? 0 : one < two ? -1 : 1;
  }
}

function powerOfTen(power: bigint, modulus: bigint): bigint {
  let [result, base] = [1n % modulus, 10n % modulus];
  for (let left = power; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

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
    private readonly exponent: bigint,
  ) {}

  static read(spelling: string): Decimal {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = SPELLING.exec(spelling) ?? [];
    const all = whole + fraction;
    let [start, end] = [0, all.length];
    while (start < end && all[start] === '0') start++;
    while (end > start && all[end - 1] === '0') end--;
    const power = BigInt(exponent.replace('+', '')) - BigInt(fraction.length) + BigInt(all.length - end);
    const digits = all.slice(start, end);
    return new Decimal(spelling, digits !== '' && sign === '-', digits, digits === '' ? 0n : power);
  }

  /** The same text for the same number, however it is spelled. */
  canonical(): string {
    return this.digits === '' ? '0' : `${this.isNegative ? '-' : ''}${this.digits}e${this.exponent}`;
  }

  /** Negative for less, 0 for equal. */
  compare(other: Decimal): number {
    if (this.sign !== other.sign) return this.sign - other.sign;
    const magnitude = this.compareMagnitude(other);
    return this.isNegative ? -magnitude : magnitude;
  }

  /** `undefined` for a number with a fraction, and for one of too many digits. */
  toInteger(): bigint | undefined {
    if (this.exponent < 0n || this.exponent + BigInt(this.digits.length) > MAX_DIGITS) return undefined;
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

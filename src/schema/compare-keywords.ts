import { canonical } from './canonical.js';
import type { Effect } from './schema-change.js';

/** What happened to one keyword of a schema. */
export interface KeywordChange {
  readonly keyword: string;
  readonly effect: Effect;
  /** Goes on behind the name of a place. */
  readonly what: string;
  /** It is there in the old schema only. */
  readonly isGone: boolean;
}

/** Greater is narrower. */
export const LOWER_BOUNDS: ReadonlySet<string> = new Set([
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
  'minContains',
]);

/** Smaller is narrower. */
export const UPPER_BOUNDS: ReadonlySet<string> = new Set([
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
  'maxContains',
  'x-max-inline-bytes',
]);

/** Elements of a list that has no order. `effects`: of one that came, of one that went. */
export function compareSet(
  keyword: string,
  old: readonly unknown[],
  now: readonly unknown[],
  [came, went]: readonly [Effect, Effect],
): readonly KeywordChange[] {
  const difference = (list: readonly unknown[], other: readonly unknown[]) =>
    list.filter((item) => !other.some((known) => canonical(known) === canonical(item)));
  const added = difference(now, old).map((item): KeywordChange => ({
    keyword,
    effect: came,
    what: `\`${keyword}\` gained ${shown(item)}`,
    isGone: false,
  }));
  const removed = difference(old, now).map((item): KeywordChange => ({
    keyword,
    effect: went,
    what: `\`${keyword}\` lost ${shown(item)}`,
    isGone: true,
  }));
  return [...added, ...removed];
}

export function compareBound(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  if (typeof old !== 'number' || typeof now !== 'number') return compareText(keyword, old, now);
  const isNarrower = LOWER_BOUNDS.has(keyword) ? now > old : now < old;
  return [
    {
      keyword,
      effect: isNarrower ? 'narrower' : 'wider',
      what: `\`${keyword}\` went from ${old} to ${now}`,
      isGone: false,
    },
  ];
}

/** A rule whose values cannot be compared: another one may refuse what the old one took, and take what it refused. */
export function compareText(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  if (old === undefined)
    return [{ keyword, effect: 'narrower', what: `\`${keyword}\` ${shown(now)} is asked for now`, isGone: false }];
  if (now === undefined)
    return [{ keyword, effect: 'wider', what: `\`${keyword}\` ${shown(old)} is no longer asked for`, isGone: true }];
  return [
    { keyword, effect: 'unclear', what: `\`${keyword}\` went from ${shown(old)} to ${shown(now)}`, isGone: false },
  ];
}

/** A rule of which nothing more is known than that it is another one. */
export function compareUnknown(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  const what =
    old === undefined
      ? `\`${keyword}\` is new`
      : now === undefined
        ? `\`${keyword}\` is gone`
        : `\`${keyword}\` changed`;
  return [{ keyword, effect: 'unclear', what, isGone: now === undefined }];
}

const MOST_SHOWN = 80;

function shown(value: unknown): string {
  const text = canonical(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

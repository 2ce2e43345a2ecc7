import { ALLOWED, UNEXPLAINED } from './allowed.js';
import type { Rule } from './allowed.js';
import { compare } from './compare.js';
import type { Difference, Item } from './compare.js';
import { stepOf } from './facts.js';
import type { Facts } from './facts.js';
import type { CommandCase, Files } from './world.js';

export interface Verdict {
  /** The differences that each rule allows, by its id. */
  readonly allowed: ReadonlyMap<string, readonly Difference[]>;
  readonly unexplained: readonly Difference[];
}

export interface Judged {
  readonly kind: string;
  readonly files?: Files;
  readonly objects?: Files;
  readonly steps?: CommandCase['steps'];
}

export function judge(
  input: Judged,
  old: readonly Item[],
  next: readonly Item[],
  rules: readonly Rule[] = [...UNEXPLAINED, ...ALLOWED],
): Verdict {
  const facts = factsOf(input, old, next);
  const causes = rules.filter(({ after }) => after === undefined);
  const matched = new Map<Difference, string>();
  const allow = (candidates: readonly Rule[]): void => {
    for (const difference of facts.differences) {
      if (matched.has(difference)) continue;
      const rule = candidates.find((candidate) => candidate.allows(difference, facts));
      if (rule) matched.set(difference, rule.id);
    }
  };
  allow(causes);
  const found = new Set(matched.values());
  allow(rules.filter(({ after }) => after?.some((id) => found.has(id)) === true));
  const allowed = new Map<string, Difference[]>();
  for (const [difference, id] of matched) allowed.set(id, [...(allowed.get(id) ?? []), difference]);
  return {
    allowed,
    unexplained: facts.differences.filter((difference) => !matched.has(difference)),
  };
}

function factsOf(input: Judged, old: readonly Item[], next: readonly Item[]): Facts {
  const [before, after] = [codesByStep(old), codesByStep(next)];
  const only = (left: Codes, right: Codes, { name }: Difference): Set<string> => {
    const step = stepOf(name);
    const until = [...left.keys()].filter((at) => at <= step);
    return new Set(until.flatMap((at) => [...left.get(at)!].filter((code) => right.get(at)?.has(code) !== true)));
  };
  return {
    kind: input.kind,
    differences: compare(old, next),
    old,
    next,
    files: { ...input.files, ...input.objects },
    steps: (input.steps ?? []).map((step) => ('args' in step ? step.args : [])),
    newCodes: (difference) => only(after, before, difference),
    oldCodes: (difference) => only(before, after, difference),
  };
}

type Codes = ReadonlyMap<number, ReadonlySet<string>>;

function codesByStep(items: readonly Item[]): Codes {
  const codes = new Map<number, Set<string>>();
  for (const { aspect, name, text } of items) {
    const isVerdict = /^(validateStateBag|toBeLeanStateBag)$/.test(name);
    const isOfFunction = aspect === 'answer' && name.startsWith('step ');
    if (!isVerdict && !isOfFunction && !/^(stdout|stderr|journal|error|diagnostic)$/.test(aspect)) continue;
    const step = stepOf(name);
    const known = codes.get(step) ?? new Set();
    for (const code of text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []) known.add(code);
    codes.set(step, known);
  }
  return codes;
}

import { changedRules } from './recorded.js';
import type { Groups, Ran } from './recorded.js';

/** Inputs that are shown of each rule, and of the inputs that are gone. */
const SHOWN = 4;

/**
 * What a new recording hides that the old one did not, for a reviewer: how many inputs are new, gone or changed, and by
 * rule some of those inputs with the rules that they used before and use now and with their new differences.
 */
export function describeChanges(
  before: ReadonlyMap<string, Groups>,
  after: ReadonlyMap<string, Groups>,
  ran: readonly Ran[],
): string[] {
  const added = [...after.keys()].filter((key) => !before.has(key));
  const gone = [...before.keys()].filter((key) => !after.has(key));
  const changed = [...after.keys()].filter(
    (key) => before.has(key) && changedRules(before.get(key), after.get(key)).length > 0,
  );
  const inputs = ran.filter(({ key }) => [added, gone, changed].some((keys) => keys.includes(key)));
  const byRule = new Map<string, Ran[]>();
  for (const input of inputs)
    for (const rule of changedRules(before.get(input.key), after.get(input.key)))
      byRule.set(rule, [...(byRule.get(rule) ?? []), input]);
  const missing = gone.filter((key) => !ran.some((input) => input.key === key));
  return [
    `recorded.tsv: ${added.length} inputs added, ${gone.length} removed, ${changed.length} changed, ` +
      `${after.size - added.length - changed.length} as before`,
    ...some(missing, (key) => [`no input has the key ${key} any more: ${used(before.get(key))}`]),
    ...[...byRule.keys()].sort().flatMap((rule) => describeRule(rule, byRule.get(rule)!, before)),
  ];
}

function describeRule(rule: string, inputs: readonly Ran[], before: ReadonlyMap<string, Groups>): string[] {
  const [old, now] = [
    inputs.map(({ key }) => count(before.get(key)?.[rule])),
    inputs.map(({ groups }) => count(groups[rule])),
  ].map((counts) => counts.reduce((sum, number) => sum + number, 0));
  return [
    `rule ${rule}: other differences in ${inputs.length} inputs (${old} before, ${now} now)`,
    ...some(inputs, ({ title, key, groups, changes }) => [
      title,
      `  before: ${used(before.get(key))}`,
      `  now:    ${used(groups)}`,
      ...(changes[rule] ?? []).map((text) => `    ${text}`),
    ]).map((text) => `  ${text}`),
  ];
}

function some<T>(all: readonly T[], describe: (one: T) => readonly string[]): string[] {
  const rest = all.length - SHOWN;
  return [...all.slice(0, SHOWN).flatMap(describe), ...(rest > 0 ? [`and ${rest} more inputs`] : [])];
}

/** Ids of rules with the counts of their differences. */
function used(groups: Groups = {}): string {
  const rules = Object.entries(groups).map(([rule, group]) => `${rule} ${count(group)}`);
  return rules.sort().join(', ') || 'no allowed difference';
}

function count(group = '0'): number {
  return Number(group.split(':')[0]);
}

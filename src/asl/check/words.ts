import type { TemplateField } from '../flow/templates.js';
import type { AslRule } from '../rules.js';
import { stateName } from './discovery.js';

/** The rule that a field breaks, by what the state does with what it builds. */
export function ruleOf({ role, name }: TemplateField): AslRule {
  if (role === 'payload') return 'asl/passes-program';
  return name === 'ResultSelector' ? 'asl/selects-program' : 'asl/reinlines-program';
}

const DOES: Readonly<Partial<Record<AslRule, string>>> = {
  'asl/passes-program': 'passes',
  'asl/selects-program': 'selects',
  'asl/reinlines-program': 're-inlines',
};

export function messageOf(rule: AslRule, what: string, { state, name }: TemplateField): string {
  return `${stateName(state)} ${DOES[rule] ?? 'has'} ${what} in \`${name}\``;
}

export const HINTS = {
  payload: 'pass `segment_config`, or `segment_manifest_s3_path` and `segment_index`; `statebag asl patch` does it',
  state: 'keep `segment_manifest_s3_path` in its place; `statebag asl patch` does it',
  person: 'a lean bag does not have it; change this by hand, to `segment_config` or `segment_manifest_s3_path`',
  owner:
    'a pointer is only followed for the owner whom the payload names: add `ownerId` from the bag, then run `statebag asl patch` again',
  item: 'give each item its own segment, as `segment_config`; the index of the bag would run the same segment for every item',
  together:
    'another member of this object or condition must be changed by hand first; then run `statebag asl patch` again',
  reader: 'a state that reads it must be changed by hand first; then run `statebag asl patch` again',
  unread:
    'correct it if it is not JSONata; if it is nested too deeply, take it apart with `Assign`, or move it into the function',
  composed:
    'the template puts this definition together, so `statebag asl patch` leaves it; change it by hand, to `segment_config` or `segment_manifest_s3_path`',
  shared:
    'YAML aliases take this value in more than one place, so `statebag asl patch` leaves it; write it out in each place, then run the patch again',
  key: 'a key of this mapping is written with `?`, a tag, an anchor or an alias, or the mapping has no braces, so `statebag asl patch` leaves it; write `key: value`, then run the patch again',
  literal:
    'a program in the definition is in every execution for ever; store it, and let the initialiser build a lean bag with it',
  text: 'without `.$` in its name a member is this text itself: if it is a path, write `workflow_config.$` or `partition_map.$`',
  textOfJsonata: 'without `{%` and `%}` this is the text itself: if it is an expression, write it between them',
  child: 'the execution it starts wants its program in its input; patch that machine first, then change this by hand',
  branch: "nothing to do: it is the branch's own program, of which there is no other copy",
  answer:
    'a function that is wrapped answers without it, and the selection then fails; wrap this one only when the result is no longer selected member by member',
  initialiser: 'nothing to do here: let it build its bag with `buildLeanBag`',
  list: 'every bag needs this list, with `segment_config` in its entries; `buildLeanBag` does not write it, so let the initialiser add it',
  bag: 'select the members that the item or branch reads; each copy counts against 262,144 bytes',
} as const;

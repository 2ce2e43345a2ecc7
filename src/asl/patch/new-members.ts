import type { AslMember } from '../read/node.js';
import type { QueryLanguage } from '../flow/states.js';
import type { Addition } from '../check/discovery.js';

/** A member as it is to be written: its name with what the language adds to it, and its value. */
export interface MemberText {
  readonly name: string;
  readonly value: { readonly text: string } | { readonly json: string };
}

export function memberText({ name, value }: Addition, language: QueryLanguage): MemberText {
  if ('json' in value) return { name, value };
  return language === 'JSONata'
    ? { name, value: { text: `{% ${value.expression} %}` } }
    : { name: `${name}.$`, value: { text: value.expression } };
}

/** The member with nothing in it. */
export function cleared({ name }: AslMember): MemberText {
  return { name: name.endsWith('.$') ? name.slice(0, -2) : name, value: { json: 'null' } };
}

export function jsonOf({ value }: MemberText): string {
  return 'json' in value ? value.json : JSON.stringify(value.text);
}

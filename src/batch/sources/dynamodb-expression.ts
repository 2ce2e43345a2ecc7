import type { Attribute, KeySchema, RowUpdate } from '../table.js';

/** The parts of an `UpdateItem` request that say what changes and under which condition. */
export interface UpdateExpression {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, Attribute>;
}

/** The row is there, its guards hold, and each member to be changed is what was read. */
export function updateExpression(keys: KeySchema, { edits, guards }: RowUpdate): UpdateExpression {
  const words = new Placeholders();
  const conditions = [
    `attribute_exists(${words.path([keys[0]!.name])})`,
    ...Array.from(guards, ([name, value]) => equals(words, [name], value)),
    ...edits.map(({ path, before }) => equals(words, path, before)),
  ];
  const sets = edits.flatMap(({ path, after }) =>
    after === undefined ? [] : [`${words.path(path)} = ${words.value(after)}`],
  );
  const removes = edits.flatMap(({ path, after }) => (after === undefined ? [words.path(path)] : []));
  return {
    UpdateExpression: [clause('SET', sets), clause('REMOVE', removes)].filter((part) => part !== '').join(' '),
    ConditionExpression: conditions.join(' AND '),
    ...words.members(),
  };
}

function equals(words: Placeholders, path: readonly string[], value: Attribute | undefined): string {
  return value === undefined
    ? `attribute_not_exists(${words.path(path)})`
    : `${words.path(path)} = ${words.value(value)}`;
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`;
}

/** Names and values by placeholder: any name may be a reserved word, or hold a dot. */
class Placeholders {
  private readonly names = new Map<string, string>();
  private readonly values: Attribute[] = [];

  path(path: readonly string[]): string {
    return path.map((name) => this.name(name)).join('.');
  }

  value(value: Attribute): string {
    return `:v${this.values.push(value) - 1}`;
  }

  members(): Pick<UpdateExpression, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
    const values = Object.fromEntries(this.values.map((value, at) => [`:v${at}`, value]));
    return {
      ExpressionAttributeNames: Object.fromEntries(Array.from(this.names, ([name, word]) => [word, name])),
      ...(this.values.length > 0 && { ExpressionAttributeValues: values }),
    };
  }

  private name(name: string): string {
    const known = this.names.get(name) ?? `#n${this.names.size}`;
    this.names.set(name, known);
    return known;
  }
}

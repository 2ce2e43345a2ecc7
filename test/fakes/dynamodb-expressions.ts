import type { Attribute, Row } from '../../src/sources/dynamodb/port.js';
import { fromWire } from './dynamodb-wire.js';
import { isEqual, Refused, valueAt, withValue } from './table-state.js';
import type { Condition } from './table-state.js';

type Body = Readonly<Record<string, unknown>>;

/**
 * Conditions joined by AND: `path = :value`, `attribute_exists(path)`, `attribute_not_exists(path)`. Anything else is
 * refused.
 */
export function conditionOf(body: Body, expression: unknown = body.ConditionExpression): Condition {
  if (expression === undefined) return () => true;
  const conditions = (expression as string).split(' AND ').map((text) => termOf(text.trim(), words(body)));
  return (row) => conditions.every((condition) => condition(row));
}

function termOf(text: string, { path, value }: Words): Condition {
  const [, verb, argument] = /^(attribute_(?:not_)?exists)\(([^)]+)\)$/.exec(text) ?? [];
  if (argument !== undefined)
    return (row) => (valueAt(row, path(argument)) !== undefined) === (verb === 'attribute_exists');
  const [, left, right] = /^(\S+) = (:\w+)$/.exec(text) ?? [];
  if (left === undefined || right === undefined) throw new Refused(`Invalid ConditionExpression: ${text}`);
  return (row) => valueAt(row, path(left)) !== undefined && isEqual(valueAt(row, path(left)), value(right));
}

/** `SET path = :value, … REMOVE path, …`. */
export function changeOf(body: Body): (row: Row) => Row {
  const { path, value } = words(body);
  const [, sets = '', removes = ''] = /^(?:SET (.+?))?\s*(?:REMOVE (.+))?$/.exec(String(body.UpdateExpression)) ?? [];
  if (sets === '' && removes === '') throw new Refused(`Invalid UpdateExpression: ${String(body.UpdateExpression)}`);
  const assignments = sets === '' ? [] : sets.split(', ').map((text) => text.split(' = ') as [string, string]);
  const removed = removes === '' ? [] : removes.split(', ');
  return (row) => {
    const set = assignments.reduce((changed, [left, right]) => withValue(changed, path(left), value(right)), row);
    return removed.reduce((changed, left) => withValue(changed, path(left), undefined), set);
  };
}

interface Words {
  readonly path: (text: string) => readonly string[];
  readonly value: (word: string) => Attribute;
}

function words(body: Body): Words {
  const names = (body.ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>;
  const values = fromWire(body.ExpressionAttributeValues ?? {});
  return {
    path: (text) => text.split('.').map((word) => (word.startsWith('#') ? names[word]! : word)),
    value: (word) => {
      const value = values[word];
      if (value === undefined)
        throw new Refused(`An expression attribute value used in expression is not defined: ${word}`);
      return value;
    },
  };
}

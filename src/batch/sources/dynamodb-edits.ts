import { InternalError } from '../../errors/index.js';
import type { Attribute, AttributeMap, Row, RowEdit } from '../table.js';
import { parseAttribute } from './dynamodb-attribute.js';
import type { BagPlace } from './dynamodb-bag.js';
import { attributeText } from './dynamodb-text.js';
import { diffMembers } from './member-diff.js';

/** The members of a row that must change for its bag to become `bytes`; everything else is not even named. */
export function rowEdits(row: Row, { name, attribute }: BagPlace, bytes: Uint8Array): readonly RowEdit[] {
  if ('S' in attribute) return [{ path: [name], before: attribute, after: { S: Buffer.from(bytes).toString('utf8') } }];
  const { changes } = diffMembers(Buffer.from(attributeText(attribute).text), bytes);
  return changes.map((change) => {
    const path = [name, ...change.path];
    return { path, before: valueAt(row, path), after: change.after && parseAttribute(change.after) };
  });
}

function valueAt(row: Row, path: readonly string[]): Attribute | undefined {
  return path.reduce<Attribute | undefined>(
    (value, name) => (value && 'M' in value && Object.hasOwn(value.M, name) ? value.M[name] : undefined),
    { M: row },
  );
}

/** The row as the table will have it. */
export function editedRow(row: Row, edits: readonly RowEdit[]): Row {
  return edits.reduce((edited, { path, after }) => withMember(edited, path, after), row);
}

function withMember(map: AttributeMap, [name, ...rest]: readonly string[], after: Attribute | undefined): AttributeMap {
  if (name === undefined) throw new InternalError('EDIT_WITHOUT_PATH', 'an edit of a row names no member');
  const value = rest.length === 0 ? after : nested(map[name], rest, after);
  const others = Object.entries(map).filter(([other]) => other !== name);
  return Object.fromEntries(value === undefined ? others : [...others, [name, value]]);
}

function nested(inner: Attribute | undefined, rest: readonly string[], after: Attribute | undefined): Attribute {
  if (inner && 'M' in inner) return { M: withMember(inner.M, rest, after) };
  throw new InternalError(
    'EDIT_THROUGH_SCALAR',
    `an edit of a row leads through ${rest[0] ?? ''}, which is no member of a map`,
  );
}

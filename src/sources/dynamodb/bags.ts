import { ID_SPELLINGS, WRAPPERS } from '../../bag/envelope.js';
import type { OutsideNames } from '../../bag/envelope.js';
import { CONFIG, MANIFEST, MAP } from '../../bag/members.js';
import type { SourceDocument, Verdict } from '../source.js';
import { InternalError } from '../../errors/index.js';
import { assertStorable, attributeText, diffMembers, itemBytes, parseAttribute } from './attributes.js';
import type { Attribute, AttributeMap, Row, RowEdit } from './port.js';

export const TOKEN = 'taskToken';

/** Attributes under which a row keeps its bag; the second counts when the first says nothing. */
const PLACES = ['context', 'state_data'] as const;

/** Where in a row the bag lies. */
export interface BagPlace {
  readonly name: (typeof PLACES)[number];
  readonly attribute: Attribute;
}

/** `undefined` for a row that has neither of the two attributes. */
export function bagPlace(row: Row): BagPlace | undefined {
  const there = PLACES.flatMap((name) => (row[name] === undefined ? [] : [{ name, attribute: row[name] }]));
  return there.find(({ attribute }) => !isFalsy(attribute)) ?? there[0];
}

/** What Python takes for nothing: then a reader goes on to `state_data`. */
function isFalsy(attribute: Attribute): boolean {
  const text = attributeText(attribute).text;
  return ['null', '""', '{}', '[]', '0', 'false'].includes(text);
}

/** The bag of a row as a document: the JSON text itself where the row keeps text, else the text of the map. */
export function rowDocument(id: string, row: Row): SourceDocument {
  const place = bagPlace(row);
  const beside = () => Buffer.from(attributeText({ M: attributesBeside(row, place) }).text);
  // Text is taken as it is.
  const { text, strangers } = attributeText(place && !('S' in place.attribute) ? place.attribute : { M: {} });
  const wrong = strangers.flatMap((path) => notJson(path) ?? [])[0];
  const opaque = wrong ?? findBinary(row);
  const outside = { beside, ...(opaque && { opaque: { code: opaque.code, reason: opaque.reason } }) };
  if (!place) return { id, line: undefined, bytes: Buffer.from('{}'), verdict: withoutBag(row), ...outside };
  const assertFits = (bytes: Uint8Array) => {
    assertStorable(id, { ...row, [place.name]: written(place, bytes) }, itemBytes(row));
  };
  const shared = {
    id,
    line: undefined,
    ...outside,
    row: pausedRow(row, 'S' in place.attribute ? 'text' : 'attribute'),
    names: namesIn(row),
    assertFits,
  };
  const verdict = hasToken(row) ? wrong : TOKENLESS;
  const judged = { ...shared, ...(verdict && { verdict }) };
  if ('S' in place.attribute) return { ...judged, bytes: Buffer.from(place.attribute.S) };
  const bytes = Buffer.from(text);
  return { ...judged, bytes, keep: (after) => kept(bytes, after) };
}

function attributesBeside(row: Row, place: BagPlace | undefined): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== place?.name));
}

/** A binary value may be a bag, also a compressed one. It is no reason to leave the bag beside it as it is. */
function findBinary(row: Row): { readonly code: string; readonly reason: string } | undefined {
  const path = binaryPath({ M: row });
  if (!path) return undefined;
  return {
    code: 'ATTRIBUTE_NOT_JSON',
    reason: `/${path.join('/')} is a binary value, which may hold a bag or the name of a blob and is not searched`,
  };
}

/** The first value that is long enough, as attribute names and positions from the row on. */
function binaryPath(attribute: Attribute): readonly string[] | undefined {
  if ('B' in attribute) return attribute.B.length > MAX_HARMLESS_BYTES ? [] : undefined;
  if ('BS' in attribute) return attribute.BS.some(({ length }) => length > MAX_HARMLESS_BYTES) ? [] : undefined;
  const inner = 'M' in attribute ? attribute.M : 'L' in attribute ? attribute.L : {};
  for (const [name, value] of Object.entries<Attribute>(inner)) {
    const path = binaryPath(value);
    if (path) return [name, ...path];
  }
  return undefined;
}

/** A UUID. A bag has a name of 13 bytes at least, two quotes, a colon and a value; a digest has 32 bytes. */
const MAX_HARMLESS_BYTES = 16;

/** What the place holds once these bytes are written. */
function written({ attribute }: BagPlace, bytes: Uint8Array): Attribute {
  return 'S' in attribute ? { S: Buffer.from(bytes).toString('utf8') } : parseAttribute(bytes);
}

/** How a map gives text back that was written into it, and the way back to what it gave before. */
function kept(before: Uint8Array, after: Uint8Array): ReturnType<NonNullable<SourceDocument['keep']>> {
  const bytes = Buffer.from(attributeText(parseAttribute(after)).text);
  return { bytes, inverse: diffMembers(before, bytes).inverse };
}

function pausedRow(row: Row, numbers: 'attribute' | 'text'): NonNullable<SourceDocument['row']> {
  const { ttl, ownerId, conversation_id: conversationId } = row;
  return {
    hasToken: hasToken(row),
    ttl: ttl && 'N' in ttl ? Number(ttl.N) : undefined,
    ownerId: textOf(ownerId),
    conversationId: textOf(conversationId),
    numbers,
  };
}

/** The ids of a row: the key of the table of tokens, and the attributes that other tables have beside it. */
function namesIn(row: Row): OutsideNames {
  const named = (names: readonly string[]) => names.map((name) => idText(row[name])).filter((name) => name !== '');
  return {
    place: 'the attributes of the row',
    ownerId: named(ID_SPELLINGS.ownerId),
    workflowId: named(ID_SPELLINGS.workflowId),
  };
}

/** As it is spelled; the table keeps the digits of numbers. */
function idText(attribute: Attribute | undefined): string {
  return attribute && 'N' in attribute ? attribute.N : textOf(attribute);
}

function textOf(attribute: Attribute | undefined): string {
  return attribute && 'S' in attribute ? attribute.S : '';
}

function hasToken(row: Row): boolean {
  return textOf(row[TOKEN]) !== '';
}

const TOKENLESS: Verdict = {
  outcome: 'quarantined',
  code: 'TOKEN_MISSING',
  reason:
    'the row has no taskToken: nobody can resume it, and nothing says whether it is still the same; it is left as it is',
};

function withoutBag(row: Row): Verdict {
  if (row.task_token !== undefined || row.chunk_final_state !== undefined) {
    return {
      outcome: 'unchanged',
      code: 'DISTRIBUTED_TOKEN',
      reason: 'the token of a distributed chunk: its row holds no bag',
    };
  }
  return { outcome: 'unchanged', code: 'ROW_WITHOUT_BAG', reason: 'the row has neither context nor state_data' };
}

/** Binary values and sets in user data stay where they are; what is offloaded must be JSON. */
function notJson(path: readonly string[]): Verdict | undefined {
  const isProgram = path.some((name) => name === CONFIG || name === MAP || name === MANIFEST);
  // The bag itself, or what is wrapped around it.
  if (!isProgram && !path.every((name) => WRAPPERS.some((wrapper) => wrapper === name))) return undefined;
  return {
    outcome: 'quarantined',
    code: 'ATTRIBUTE_NOT_JSON',
    reason: `${path.length === 0 ? 'the bag' : `/${path.join('/')}`} is a binary value, a set or a number that JSON cannot hold; the row is left as it is`,
  };
}

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

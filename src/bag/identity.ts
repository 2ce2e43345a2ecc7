import { BagError } from '../errors.js';
import type { ValueReader } from './value-reader.js';

/** Whose bag it is; undefined where nothing says so. */
export interface Identity {
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
}

/** One object on the way from a document to its bag. */
interface Level<V> {
  readonly path: readonly string[];
  readonly value: V;
}

/** Both spellings of each id, the one that wins first. */
const SPELLINGS = { ownerId: ['ownerId', 'owner_id'], workflowId: ['workflowId', 'workflow_id'] } as const;

/** The id that an object names, as it is spelled: text, or the digits of a number. Null and `""` are no ids. */
export function detectId<V>(reader: ValueReader<V>, value: V, id: keyof Identity): string | undefined {
  return idsIn(reader, value, id)[0];
}

/** The ids of the outermost of these levels that name them. */
export function outermostIds<V>(reader: ValueReader<V>, levels: readonly Level<V>[]): Identity {
  const find = (id: keyof Identity) =>
    levels.map(({ value }) => detectId(reader, value, id)).find((name) => name !== undefined);
  return { ownerId: find('ownerId'), workflowId: find('workflowId') };
}

/**
 * The error `OWNER_MISMATCH` when two levels, or two spellings on one of them, name different owners or workflows: then
 * a member deep inside would decide whose program runs.
 */
export function mismatchOf<V>(reader: ValueReader<V>, levels: readonly Level<V>[]): BagError | undefined {
  for (const [id, what] of [
    ['ownerId', 'owners'],
    ['workflowId', 'workflows'],
  ] as const) {
    const named = levels.flatMap(({ path, value }) => idsIn(reader, value, id).map((name) => ({ name, path })));
    const [first] = named;
    const other = named.find(({ name }) => name !== first?.name);
    if (first && other) return mismatch(what, first, other);
  }
  return undefined;
}

function idsIn<V>(reader: ValueReader<V>, value: V, id: keyof Identity): readonly string[] {
  return SPELLINGS[id].flatMap((name) => {
    const member = reader.member(value, name);
    const text = member === undefined ? '' : spelled(reader, member);
    return text === '' ? [] : [text];
  });
}

function spelled<V>(reader: ValueReader<V>, id: V): string {
  return reader.text(id) ?? (reader.kind(id) === 'number' ? new TextDecoder().decode(reader.bytes(id)) : '');
}

interface Named {
  readonly name: string;
  readonly path: readonly string[];
}

function mismatch(what: string, first: Named, other: Named): BagError {
  return new BagError(
    'OWNER_MISMATCH',
    `two levels name different ${what}: ${placed(first)} and ${placed(other)}; which of them the bag belongs to cannot be told, ` +
      'so it is neither run nor rewritten. Find the step that put one bag into the other and remove the level that is not its own',
  );
}

/** Ids may be long; a message must not be. */
const MAX_QUOTED = 64;

function placed({ name, path }: Named): string {
  const quoted = JSON.stringify(name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED)}…` : name);
  return `${quoted} at ${path.length === 0 ? 'the root' : `/${path.join('/')}`}`;
}

import type { ByteValue } from '../../bag/value.js';
import { detectPath, listProgramFields } from '../../bag/bag.js';
import type { Bag } from '../../bag/bag.js';
import { CONFIG, CONFIG_PATH, MANIFEST, MANIFEST_ALIAS, MAP } from '../../bag/members.js';
import type { Pointer } from '../../bag/pointers.js';
import { entryPointer, entryPointers, parseIfJsonString, targetId } from '../../bag/segments.js';
import { loadValue } from '../../bag/sources.js';
import { ConfigError, StateBagError } from '../../errors/index.js';
import { adviceFor } from '../advice.js';
import type { Issue } from './issue.js';
import type { BlobReader } from '../../bag/places.js';

/** A pointer of a bag, and the names and positions that lead to it from the bag. */
interface PlacedPointer {
  readonly path: readonly string[];
  readonly pointer: Pointer;
}

/**
 * Follows every pointer of every bag: those of its members, of inline entries, and of entries in the maps and manifests
 * that these lead to. A pointer that leads to nothing, to a place that the bag may not read, or to other bytes than it
 * says, is an issue.
 */
export async function checkPointers(bags: readonly Bag<ByteValue>[], blobs: BlobReader): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const bag of bags) {
    const follow = async ({ path, pointer }: PlacedPointer): Promise<ByteValue | undefined> => {
      const found = await loadUnlessWrong(bag, pointer, blobs);
      if (found instanceof StateBagError) issues.push(await issueOf(found, [...bag.path, ...path]));
      return found instanceof StateBagError ? undefined : found;
    };
    const entries = [...listInline(MAP, bag), ...listInline(MANIFEST, bag)];
    for (const member of listMembers(bag)) {
      const value = await follow(member);
      if (value !== undefined) entries.push(...listStored(member, value));
    }
    for (const entry of listDistinct(entries)) await follow(entry);
  }
  return issues;
}

async function issueOf({ code, message }: StateBagError, path: readonly string[]): Promise<Issue> {
  const hint = await adviceFor(code);
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`;
  return {
    pointer: path.map((part) => `/${part}`).join(''),
    rule: code,
    level: 'error',
    message: sentence,
    ...(hint !== undefined && { hint }),
  };
}

function listMembers(bag: Bag<ByteValue>): readonly PlacedPointer[] {
  return listProgramFields(bag).flatMap(([name, field]) =>
    field.state === 'pointer' ? [{ path: [name], pointer: field.pointer }] : [],
  );
}

/** The pointers of inline entries: in place of a program, or to the manifest that has it. */
function listInline(name: string, bag: Bag<ByteValue>): readonly PlacedPointer[] {
  const member = bag.get(name);
  const list = member && parseIfJsonString(member);
  if (list === undefined) return [];
  const entries =
    list.kind() === 'array'
      ? list.items().map((entry, index) => [String(index), entry] as const)
      : list.names().map((key) => [key, list.member(key)!] as const);
  return entries.flatMap(([key, entry]): readonly PlacedPointer[] => {
    const program = entryPointer(entry);
    if (program) return [{ path: [name, key, 'segment_config'], pointer: program }];
    const field = detectPath(entry.member(MANIFEST_ALIAS), bag.addresses);
    return field.state === 'pointer' ? [{ path: [name, key, MANIFEST_ALIAS], pointer: field.pointer }] : [];
  });
}

/** The pointers in place of programs in a stored map or manifest, at the member that leads there. */
function listStored({ path }: PlacedPointer, value: ByteValue): readonly PlacedPointer[] {
  if (path[0] === CONFIG || path[0] === CONFIG_PATH) return [];
  return entryPointers(value).map((pointer) => ({ path, pointer }));
}

/** The entries of a manifest often lead to one object. */
function listDistinct(pointers: readonly PlacedPointer[]): readonly PlacedPointer[] {
  return [...new Map(pointers.toReversed().map((placed) => [targetId(placed.pointer), placed])).values()].toReversed();
}

async function loadUnlessWrong(
  bag: Bag<ByteValue>,
  pointer: Pointer,
  blobs: BlobReader,
): Promise<ByteValue | StateBagError> {
  try {
    return await loadValue(pointer, bag, blobs);
  } catch (error) {
    if (error instanceof StateBagError && !(error instanceof ConfigError)) return error;
    throw error;
  }
}

import { PATHS, PATH_NAMES } from './owner-bags.js';
import type { Expected, Level, PathName } from './owner-bags.js';
import {
  BUCKET,
  findPlace,
  isAddress,
  isAddressHere,
  isChain,
  isOpenBucket,
  isOwnBlob,
  mayRead,
  mayUse,
  placesIn,
} from './owner-places.js';
import type { Ids, Place, World } from './owner-places.js';

/*
 * What is wrong with an answer, by what a bag may read and whose it is. Nothing here is computed by the code under
 * test.
 */

export interface Access {
  readonly bucket: string;
  readonly key: string;
  readonly text: string;
}

export interface Accesses {
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
}

/** What one operation made of one bag. */
export interface Answer {
  /** Code of the error. */
  readonly error?: string;
  /** Text with everything that the reader gives. */
  readonly text: string;
  readonly generation?: string;
  /** The ids with which the function `mode` was asked, or those of the document that was read. */
  readonly asked?: { readonly ownerId: string | undefined; readonly workflowId: string | undefined } | undefined;
}

/** What an operation does with its bag, beyond reading it. */
export interface Traits {
  /** It returns an answer, in which copies of the bag are slimmed and other data of the user is not changed. */
  readonly isAnswer?: boolean;
  /** It returns what it refuses, because it must not fail. */
  readonly passesRefused?: boolean;
  /** It follows only pointers of the program of a segment. */
  readonly givesProgram?: boolean;
  /** It stores nothing unless it succeeds. */
  readonly isAllOrNothing?: boolean;
}

export interface Attempt extends Traits {
  readonly world: World;
  readonly root: Level;
  readonly text: string;
  readonly expected: Expected;
  readonly answer: Answer;
  readonly accesses: Accesses;
}

/** Says what is wrong with an answer; undefined when nothing is. */
export function findFlaw(attempt: Attempt): string | undefined {
  const { answer, accesses, expected } = attempt;
  const owner = findWrongIds(expected, answer);
  if (owner !== undefined) return owner;
  if (expected.refusal !== undefined) return findPassed(attempt, expected.refusal);
  const place = findWrongPlace(attempt);
  if (place !== undefined) return place;
  if (answer.error?.startsWith('OWNER_') || answer.error === 'ID_INVALID') return `is refused with ${answer.error}`;
  if (attempt.isAllOrNothing && answer.error !== undefined && accesses.writes.length > 0)
    return `writes ${accesses.writes[0]!.key} and fails with ${answer.error}`;
  return findChangedData(attempt) ?? findMutable(attempt, expected.ids[0]!);
}

function findPassed({ answer, accesses, expected, text, passesRefused }: Attempt, code: string): string | undefined {
  const { reads, writes } = accesses;
  if (reads.length + writes.length > 0) return `reads ${reads[0]?.key ?? ''}, writes ${writes[0]?.key ?? ''}`;
  // What is not a bag is returned as it is.
  const mayPass = passesRefused === true || !expected.isBag;
  if (answer.error === code || (mayPass && isUnchanged(answer, text))) return undefined;
  // Outside of a bag a stored member is not passed as data either.
  if (!expected.isBag && answer.error === 'POINTER_FOREIGN_OWNER') return undefined;
  return `is not refused with ${code} but ${answer.error ?? answer.text}`;
}

function isUnchanged(answer: Answer, text: string): boolean {
  return answer.error === undefined && (answer.text === text || answer.text === JSON.stringify(JSON.parse(text)));
}

/** True for a stored member of the one owner that is named around its pointer. */
function isOfOwnerAround(world: World, place: Place, { members, ids }: Expected): boolean {
  if (place.form !== 'member') return false;
  return members.some(({ address, owners: [owner, ...others] }) => {
    const isSame = address === `${place.bucket}/${place.key}` && others.every((other) => other === owner);
    return isSame && owner !== undefined && mayRead(world, place, { ...ids[0]!, owner });
  });
}

function findWrongPlace({ world, expected, answer, accesses, isAnswer }: Attempt): string | undefined {
  const by = (test: (ids: Ids) => boolean) => expected.ids.some(test);
  const sources = isAnswer ? [...expected.sources, ...expected.copies] : expected.sources;
  const executions = sources.flatMap((source) => source.executions);
  for (const { bucket, key } of accesses.reads) {
    const place = findPlace(bucket, key);
    // Stored members come back wherever in the document their pointers are.
    const isLed = (source: Expected['sources'][number]) =>
      place?.form === 'member' || source.addresses.has(`${bucket}/${key}`);
    const isReadable = place
      ? sources.some(
          (source) => isLed(source) && by((ids) => mayRead(world, place, { ...ids, executions: source.executions })),
        )
      : by((ids) => isOwnBlob(world, key, ids));
    if (!isReadable && !(place && isOfOwnerAround(world, place, expected))) return `reads ${bucket}/${key}`;
  }
  for (const { bucket, key } of accesses.writes)
    if (bucket !== BUCKET || !by((ids) => isOwnBlob(world, key, ids))) return `writes ${bucket}/${key}`;
  for (const place of placesIn([answer.text, ...accesses.writes.map((write) => write.text)].join('\n')))
    if (!by((ids) => mayUse(world, place, { ...ids, executions })) && !isOfOwnerAround(world, place, expected))
      return `uses ${place.bucket}/${place.key}`;
  return undefined;
}

/** Whose bag it is, also when it is refused afterwards: the owner decides which mode the bag is read in. */
function findWrongIds({ isNamed, named }: Expected, { asked }: Answer): string | undefined {
  if (asked === undefined) return undefined;
  const pairs = [
    [asked.ownerId, named.owner],
    [asked.workflowId, named.workflow],
  ] as const;
  const isRight = pairs.every(([id, name]) => id === name || (!isNamed && id === undefined));
  return isRight ? undefined : `is the bag of ${asked.ownerId ?? 'no owner'}, ${asked.workflowId ?? 'no workflow'}`;
}

/** What looks like a bag of another owner is data of the user. */
function findChangedData({ expected, answer, isAnswer }: Attempt): string | undefined {
  if (!isAnswer || answer.error !== undefined) return undefined;
  // Levels may be JSON text inside JSON text.
  const plain = (text: string) => text.replaceAll('\\', '');
  const changed = expected.data.find((data) => !plain(answer.text).includes(plain(data)));
  return changed && `does not return ${changed} but ${answer.text}`;
}

/** What is at a key that a later run writes again never counts as verified. */
function findMutable({ world, root, answer, givesProgram }: Attempt, ids: Ids): string | undefined {
  if (root.inner.length > 0 || answer.error !== undefined) return undefined;
  if (answer.generation === 'lean') {
    const after = JSON.parse(answer.text) as Record<string, unknown>;
    const stale = PATH_NAMES.find((path) => {
      const uri = after[path];
      return typeof uri === 'string' && !isVerified(world, uri);
    });
    return stale && `is lean with the ${stale} of a key that a later run writes again`;
  }
  if (!givesProgram) return undefined;
  const used = placesIn(answer.text).find((place) => place.form !== 'nobody' && !isAddressHere(world, place));
  const better = used && findSafe(world, root, ids);
  return better === undefined ? undefined : `uses ${used!.key} and not ${better}`;
}

/** A member that leads to a program which cannot have changed since the bag was written. */
function findSafe(world: World, { members }: Level, ids: Ids): string | undefined {
  const others = ['workflow_config', 'partition_map', 'segment_manifest', 'branch_config', 'manifest_s3_path'];
  const named = PATH_NAMES.map((name) => ({ name, place: placeAt(members[name]) }));
  // An old name outranks its path, and a pointer behind a pointer may lead to either.
  if (others.some((name) => name in members) || named.some(({ place }) => place && isChain(place))) return undefined;
  const isSafe = (name: PathName, place: Place | undefined) =>
    place?.kind === PATHS[name] && isAddressHere(world, place) && mayUse(world, place, ids);
  return named.find(({ name, place }) => isSafe(name, place))?.name;
}

function placeAt(path: unknown): Place | undefined {
  return typeof path === 'string' ? findPlace(...addressIn(path)) : undefined;
}

function addressIn(path: string): [bucket: string, key: string] {
  const [, bucket = BUCKET, key = path] = /^s3:\/\/([^/]+)\/(.*)$/.exec(path) ?? [];
  return [bucket, key];
}

function isVerified(world: World, path: string): boolean {
  const [bucket, key] = addressIn(path);
  const place = findPlace(bucket, key);
  // No run writes a manifest with an id of its own again.
  if (place?.form === 'nobody') return true;
  return place ? isAddressHere(world, place) : bucket === BUCKET && /\/[0-9a-f]{64}[/.]/.test(key);
}

/** Says what is wrong with a read of one place without a bag. */
export function findFlawOfGet(
  world: World,
  place: Place,
  isClaimTrue: boolean,
  error: string | undefined,
  { reads }: Accesses,
): string | undefined {
  if (!isOpenBucket(world, place.bucket))
    return reads.length > 0 || error === undefined ? `reads from the bucket ${place.bucket}` : undefined;
  const isDigestWrong = place.isUnusable && (isAddress(world, place) || place.form === 'member');
  const isWrong = isDigestWrong || !isClaimTrue;
  return isWrong && error === undefined ? `reads the wrong bytes of ${place.key}` : undefined;
}

import type { ResolvedProgram } from './resolve-program.js';
import type { Bag } from '../bag/bag.js';
import type { BagDocument } from '../bag/bag.js';
import { MANIFEST_PATH } from '../bag/members.js';
import type { ObjectValue } from '../bag/value.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import { StateBagError } from '../errors.js';
import { untouched, withProgram } from './adapt-event.js';
import type { AdaptedEvent } from './adapt-event.js';
import { publish } from './diagnostics.js';
import type { Work } from './engine.js';
import { firstDifference } from './json-difference.js';
import { rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { leanBag } from './lean-bag.js';
import { replaceAt } from './place.js';
import { repairManifest } from './repair-manifest.js';
import { resolveProgram } from './resolve-program.js';
import { needsProgram } from './segment-members.js';

/**
 * Resolves an event the old way, from what it carries, and the new way, from the manifest in the store, and reports a
 * difference. The handler gets the old answer and the bags as they came. Nothing here can fail an execution: when the
 * old way throws, the event goes on untouched.
 */
export async function shadowEvent(
  event: JsonMembers,
  bagDocument: BagDocument<ObjectValue>,
  work: Work,
  wantsSegment: boolean,
): Promise<AdaptedEvent> {
  const [bag] = bagDocument.bags;
  if (bag === undefined || !wantsSegment || !needsProgram(rawMembers(bag))) return untouched(event);
  const old = await settle(answerOldWay(event, bag, bagDocument, work));
  if (!old.value) return { ...untouched(event), shadow: 'failed' };
  const { resolved, adapted } = old.value;
  const shadow = compare(resolved, await settle(resolveNewWay(event, bagDocument, work)), firstDifference, work);
  return { ...adapted, shadow };
}

/** The event with the old answer as well. The copy for the handler is part of it: a deep program has none. */
async function answerOldWay(
  event: JsonMembers,
  bag: Bag<ObjectValue>,
  bagDocument: BagDocument<ObjectValue>,
  work: Work,
): Promise<{ readonly resolved: ResolvedProgram; readonly adapted: AdaptedEvent }> {
  const resolved = await resolveOldWay(event, bagDocument, work);
  return { resolved, adapted: withProgram({ ...untouched(event), resolved }, resolved, event, bag) };
}

/** An answer, or the code of the error that stood in its place. */
export interface Settled<T> {
  readonly value?: T;
  readonly code?: string;
}

/** Never rejects. */
export async function settle<T>(resolution: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await resolution };
  } catch (error) {
    return { code: error instanceof StateBagError ? error.code : 'UNEXPECTED' };
  }
}

/** From what the event carries; a manifest is asked only when a bag has no other way to its program. */
async function resolveOldWay(
  event: JsonMembers,
  { bags }: BagDocument<ObjectValue>,
  work: Work,
): Promise<ResolvedProgram> {
  const withoutManifests = bags.filter(leadsWithoutManifest).reduceRight(dropManifest, event);
  return resolveProgram(withoutManifests, work);
}

/** True for a bag that has a way to its program beside its manifest. */
export function leadsWithoutManifest(bag: Bag): boolean {
  return [bag.config, bag.map, bag.configPath, bag.mapPath].some(
    (field) => field.state === 'inline' || field.state === 'pointer',
  );
}

function dropManifest(event: JsonMembers, bag: Bag<ObjectValue>): JsonMembers {
  const names = new Set([MANIFEST_PATH, 'manifest_s3_path']);
  const kept = Object.entries(rawMembers(bag)).filter(([name]) => !names.has(name));
  return replaceAt(event, bag.path, Object.fromEntries(kept));
}

/** From the bags as `rewrite` would make them, which writes their blobs. */
async function resolveNewWay(
  event: JsonMembers,
  { bags }: BagDocument<ObjectValue>,
  work: Work,
): Promise<ResolvedProgram> {
  let lean = event;
  for (const bag of bags.toReversed()) {
    const { members } = await leanBag(bag, work);
    lean = replaceAt(lean, bag.path, await repairManifest(members, bag, work));
  }
  return resolveProgram(lean, work);
}

/** Who is asking: for messages. */
type Asker = Pick<Work, 'ids' | 'mode'>;

interface Resolved<Program> extends Omit<ResolvedSegment, 'segmentConfig'> {
  readonly segmentConfig: Program;
}

/** Reports what `differenceOf` finds between the programs. */
export function compare<Program>(
  old: Resolved<Program>,
  fresh: Settled<Resolved<Program>>,
  differenceOf: (one: Program, other: Program) => string | undefined,
  work: Asker,
): 'same' | 'different' {
  const difference = fresh.value && differenceOf(old.segmentConfig, fresh.value.segmentConfig);
  if (fresh.value && difference === undefined) return 'same';
  publish('shadow-mismatch', () => ({
    ...work.ids,
    mode: work.mode,
    segmentIndex: old.segmentIndex,
    oldSource: old.source,
    newSource: fresh.value?.source,
    difference,
    code: fresh.code,
  }));
  return 'different';
}

import { bridgePointer } from '../bag/bridge-pointer.js';
import { planBlob } from '../bag/claim.js';
import type { ClaimOffice, PlannedBlob } from '../bag/claim.js';
import { detectDigest } from '../content-address.js';
import { detectSite } from '../bag/detect.js';
import type { BagSite } from '../bag/detect.js';
import { s3Pointer } from '../bag/dialects/s3-pointer.js';
import { follow } from '../bag/follow.js';
import { formatKey } from '../bag/layout.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import { objectReader } from '../bag/object-reader.js';
import { createdAtOf } from '../bag/plan-site.js';
import type { Pointer } from '../bag/pointer.js';
import { openOffice } from './engine.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';
import { isMembers } from './json-members.js';

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/**
 * The bag with those members put back that the shim itself once offloaded to fit a budget. Only pointers at the top
 * level of the bag count, and only those to the very place where the shim stores that member of this owner's workflow;
 * all else that looks like a pointer is somebody's data. The same object when there is none. Throws as following does.
 */
export async function restoreMembers(bag: JsonMembers, work: Work): Promise<JsonMembers> {
  const candidates = Object.entries(bag).filter(([name, value]) => isMembers(value) && '__s3_pointer__' in value && !PROGRAM.has(name));
  if (candidates.length === 0) return bag;
  const office = await openOffice(work);
  const site = detectSite(objectReader, { path: [], value: bag });
  const restored = await Promise.all(candidates.map(async ([name, value]): Promise<[string, unknown]> => {
    const pointer = detectOwnPointer(name, value, site, office);
    return [name, pointer ? await load(pointer, site, work) : value];
  }));
  return { ...bag, ...Object.fromEntries(restored) };
}

function detectOwnPointer(name: string, value: unknown, site: BagSite<unknown>, office: ClaimOffice): Pointer | undefined {
  const pointer = s3Pointer.detect(objectReader, value);
  const sha256 = detectDigest(pointer?.target?.key);
  if (pointer?.target?.bucket !== office.bucket || sha256 === undefined) return undefined;
  const { ownerId, workflowId } = site;
  const key = office.prefix + formatKey(office.layout, 'member', { ownerId, workflowId, sha256, member: name });
  return pointer.target.key === key ? pointer : undefined;
}

/** A copy of the handler's own. */
async function load(pointer: Pointer, site: BagSite<unknown>, work: Work): Promise<unknown> {
  const bytes = await follow(pointer, site.ownerId, work.engine.blobs, work.deadline.signal());
  return objectReader.parse(bytes);
}

/** A member as it will be stored, and the pointer that will stand in its place. */
export interface PlannedMember {
  readonly blob: PlannedBlob;
  readonly pointer: unknown;
}

/** The pointer is in the legacy form, whose readers follow it at the top level of a bag; its time is the bag's own start. */
export function planMember(name: string, bytes: Uint8Array, site: BagSite<unknown>, office: ClaimOffice): PlannedMember {
  const { ownerId, workflowId } = site;
  const blob = planBlob(office, 'member', { ownerId, workflowId, member: name }, bytes);
  return { blob, pointer: bridgePointer(name, blob, createdAtOf(objectReader, site)) };
}

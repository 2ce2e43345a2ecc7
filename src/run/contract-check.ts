import { isOfLaterVersion, isOutdated } from '../../migrations/index.js';
import { listMutableMembers } from '../bag/bag.js';
import type { Generation } from '../bag/bag.js';
import type { AddressRule } from '../bag/places.js';
import type { Unseen } from '../sources/inventory.js';
import type { Deadline, SourceDocument } from '../sources/source.js';
import { findHiddenProgram } from './hidden-program.js';
import { failureOf } from './outcome.js';
import { isProven, readInventory } from './inventory.js';
import type { Blind, Flaw, GateInventory, InventoryOptions } from './inventory.js';
import { assertOneOwner, readBags } from './transform.js';

export interface ContractCheckOptions extends Omit<InventoryOptions, 'onDocument' | 'onBlind' | 'onOwn'> {
  /** Bags of the bridge form may stay: those who read them go on understanding pointers under the old names. */
  readonly acceptBridge: boolean;
  /** Which keys are content addresses that the readers of the bags may read. */
  readonly addresses?: AddressRule | undefined;
  /** Called for each thing that still needs the shim. */
  readonly onRemainder?: (remainder: Remainder) => void | Promise<void>;
}

/** One thing for which the shim must stay. */
export interface Remainder {
  readonly id: string;
  readonly generation: Generation | 'unknown';
  /** Absent for a document that was read. */
  readonly blind?: Unseen['kind'];
  /** `BAG_FAT`, `BAG_BRIDGE`, `BAG_MUTABLE`, `BAG_OUTDATED`, or why nothing can be said of it. */
  readonly code: string;
  readonly reason: string;
  /** Until when it can be met at the latest; undefined when it stays until it is rewritten or removed. */
  readonly until: Deadline | undefined;
}

export interface ContractCheck {
  readonly documents: number;
  readonly generations: Readonly<Record<Generation | 'unknown', number>>;
  /** Everything below: what needs the shim, and what nothing can be said of. */
  readonly remaining: number;
  /** What became of the entries of the sources. */
  readonly inventory: GateInventory;
  /** Documents that need the shim. */
  readonly needing: number;
  /** True when everything was looked at and nothing needs the shim. */
  readonly canContract: boolean;
}

/** Looks for whatever an unwrapped reader of lean bags could not read. What cannot be judged counts as found. */
export async function checkContract(options: ContractCheckOptions): Promise<ContractCheck> {
  const generations = { fat: 0, bridge: 0, lean: 0, foreign: 0, unknown: 0 };
  let [remaining, needing] = [0, 0];
  const report = async (remainder: Remainder): Promise<void> => {
    remaining++;
    await options.onRemainder?.(remainder);
  };
  const onDocument = async (document: SourceDocument): Promise<Flaw | undefined> => {
    const { generation, ...judgement } = judge(document, options);
    generations[generation]++;
    if (judgement.code === undefined) return undefined;
    if (generation !== 'unknown') needing++;
    await report({ id: document.id, generation, ...judgement, until: document.deadline ?? rowDeadline(document) });
    return generation === 'unknown' ? judgement : undefined;
  };
  const onBlind = async ({ kind, id, code, reason }: Blind): Promise<void> => {
    // A document was reported with its deadline.
    if (kind !== 'undecidable')
      await report({ id, generation: 'unknown', blind: kind, code, reason, until: undefined });
  };
  const inventory = await readInventory({ ...options, onDocument, onBlind });
  const documents = Object.values(generations).reduce((sum, count) => sum + count, 0);
  return { documents, generations, remaining, needing, inventory, canContract: isProven(inventory) && needing === 0 };
}

/** A row goes with its ttl; the table may take some days longer. */
function rowDeadline({ row }: SourceDocument): Deadline | undefined {
  if (row?.ttl === undefined || !Number.isFinite(row.ttl) || Math.abs(row.ttl) > LAST_SECOND) return undefined;
  return { at: new Date(row.ttl * 1000).toISOString(), why: 'its ttl is over and the table drops it, within days' };
}

/** Of what a `Date` can hold. */
const LAST_SECOND = 8_640_000_000_000;

type Judgement =
  | { readonly generation: Generation | 'unknown'; readonly code: string; readonly reason: string }
  | { readonly generation: Generation; readonly code?: undefined };

function judge(document: SourceDocument, { acceptBridge, addresses }: ContractCheckOptions): Judgement {
  try {
    const { bagDocument } = readBags(document, addresses);
    assertOneOwner(bagDocument, document);
    const { generation } = bagDocument;
    if (generation === 'fat') return { generation, code: 'BAG_FAT', reason: 'its program is inline' };
    if (document.opaque) return { generation: 'unknown', ...document.opaque };
    if (generation === 'bridge' && acceptBridge && bagDocument.bags.some((bag) => listMutableMembers(bag).length > 0))
      return {
        generation,
        code: 'BAG_MUTABLE',
        reason: 'a path or pointer leads to a key that another run of the workflow overwrites',
      };
    if (generation === 'bridge' && !acceptBridge)
      return { generation, code: 'BAG_BRIDGE', reason: 'the program is named by pointers of an older form' };
    if (generation === 'lean' && bagDocument.bags.some(isOutdated))
      return { generation, code: 'BAG_OUTDATED', reason: 'the bag is of an older version than the newest one' };
    if (generation === 'lean' && bagDocument.bags.some(isOfLaterVersion))
      return {
        generation: 'unknown',
        code: 'BAG_VERSION_UNKNOWN',
        reason: 'the bag is of a later version than this release knows',
      };
    const hidden = findHiddenProgram(document, bagDocument);
    return hidden ? { generation: 'unknown', ...hidden } : { generation };
  } catch (error) {
    return { generation: 'unknown', code: failureOf(error).code, reason: failureOf(error).reason };
  }
}

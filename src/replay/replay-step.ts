import { documentIds } from '../bag/bag.js';
import { detectEnvelope } from '../bag/envelope.js';
import { follow } from '../bag/follow.js';
import type { Layout } from '../bag/keys.js';
import type { BlobReader } from '../bag/places.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import { readDocument } from '../bag/value.js';
import type { ByteValue, Value } from '../bag/value.js';
import { BagError, ConfigError, StateBagError, StoreError } from '../errors/index.js';
import { ByteForm } from '../shim/byte-form.js';
import { createState } from '../shim/context.js';
import type { ShimState } from '../shim/form.js';
import { EventReading } from '../shim/invocation.js';
import { parseOptions } from '../shim/settings.js';
import { overlayStore } from '../store/overlay.js';
import type { OverlayStore, ReadableStore } from '../store/overlay.js';
import { findDifference } from './compare-programs.js';
import { applyOldRules } from './old-rules.js';
import type { OldAnswer } from './old-rules.js';
import type { Load } from './old-values.js';
import { findOtherEra, findUnreadable, OLD_RULES_ERA } from './other-era.js';

/**
 * What became of a step: the old runner and the shim run the `same` program, or another one (`differs`), or one of them
 * runs none that it may run (`old-fails`, `shim-fails`). `failed`: it is not known, because something was not read, or
 * because the old rules are not those of the event's era.
 * `no-segment` and `no-bag`: the event is not one that runs a segment.
 */
export type StepOutcome = 'same' | 'differs' | 'old-fails' | 'shim-fails' | 'failed' | 'no-segment' | 'no-bag';

export interface StepResult {
  readonly outcome: StepOutcome;
  readonly code?: string;
  readonly reason?: string;
  /** Position of the segment that the old runner runs. */
  readonly segmentIndex?: number;
  /** Where each takes the program from. */
  readonly oldSource?: string;
  readonly newSource?: string;
  /** JSON pointer to the first difference in the program. */
  readonly difference?: string;
}

/** Optional work of the shim is what is compared here: it has the time of a slow store. */
const PATIENCE_MS = 60_000;

/** What the shim gives for an event: the program, or why there is none. */
type ShimAnswer =
  | { readonly resolved: ResolvedSegment<ByteValue>; readonly error?: undefined }
  | { readonly resolved?: undefined; readonly error: StateBagError };

/**
 * Runs events through the old rules and through the shim in the mode `rewrite`, whose blobs stay in memory. Nothing is
 * written to the store.
 */
export class StepReplay {
  readonly #store: BlobReader;
  readonly #overlay: OverlayStore;
  readonly #state: ShimState<ByteValue> & { readonly form: ByteForm };

  constructor(store: ReadableStore & BlobReader, layout: Layout) {
    this.#store = store;
    this.#overlay = overlayStore(store);
    const options = { store: this.#overlay, mode: 'rewrite', layout, optionalTimeoutMs: PATIENCE_MS } as const;
    this.#state = createState<ByteValue, ByteForm>(
      parseOptions({ ...options, storeTimeoutMs: PATIENCE_MS }),
      (_blobs, cacheBytes) => new ByteForm(cacheBytes),
    );
  }

  /** Never rejects for an event that cannot be read or resolved. */
  async replay(bytes: Uint8Array): Promise<StepResult> {
    try {
      return await this.#compare(bytes);
    } catch (error) {
      if (error instanceof StateBagError) return { outcome: 'failed', code: error.code, reason: error.message };
      throw error;
    } finally {
      this.#overlay.clear();
    }
  }

  async #compare(bytes: Uint8Array): Promise<StepResult> {
    const event = readDocument(bytes);
    const reading = new EventReading(this.#state, this.#state.form.open(bytes), {
      context: undefined,
      wantsSegment: true,
    });
    const { bags } = reading.document;
    const era = findOtherEra(bags);
    if (era !== undefined) return otherEra(era);
    const old = await applyOldRules(event, openLoader(event, this.#store));
    const unreadable = old.kind === 'failed' ? findUnreadable(bags) : undefined;
    if (unreadable !== undefined) return otherEra(unreadable);
    if (old.kind === 'none') return { outcome: 'no-segment', reason: old.reason };
    const isBag = bags.length > 0;
    if (!isBag && old.kind === 'failed') return { outcome: 'no-bag' };
    // Without a bag, the event passes with the program that it carries.
    const recorded = await answer(async () => (isBag ? (await reading.adapt()).resolved : reading.resolve()));
    if (old.kind !== 'segment') return oldFails(old, recorded);
    const facts = { ...(old.index === undefined ? {} : { segmentIndex: old.index }), oldSource: old.source };
    const found = judge(old.segment, recorded, 'as it was recorded');
    if (found.outcome !== 'same') return { ...facts, ...found, ...explainDropped(event, found) };
    if (!isBag) return { ...facts, ...found };
    const rewritten = await answer(() => this.#resolveRewritten(reading));
    return { ...facts, ...found, ...judge(old.segment, rewritten, 'once the shim has rewritten it') };
  }

  /** Resolves the event again as its rewritten bags lead to it. Throws why the shim would not rewrite them. */
  async #resolveRewritten(reading: EventReading<ByteValue>): Promise<ResolvedSegment<ByteValue>> {
    const { error, root } = await reading.adapt();
    if (error) throw error;
    return new EventReading(this.#state, root, { context: undefined, wantsSegment: true }).resolve();
  }
}

function otherEra(what: string): StepResult {
  return {
    outcome: 'failed',
    code: 'ERA_NOT_REPLAYED',
    reason: `the step was not compared, because the event has ${what}; the old rules are those of the era "${OLD_RULES_ERA}" alone`,
  };
}

function judge(segment: ByteValue, { resolved, error }: ShimAnswer, when: string): StepResult {
  if (error) return { outcome: 'shim-fails', code: error.code, reason: `the event ${when}: ${error.message}` };
  const { source } = resolved;
  const difference = findDifference(segment.bytes(), resolved.segmentConfig.bytes());
  if (difference === undefined) return { outcome: 'same', newSource: source };
  return {
    outcome: 'differs',
    code: 'OLD_PROGRAM_DIFFERS',
    reason: `the event ${when}: the shim runs another program, from ${source}; the first difference is at "${difference}"`,
    newSource: source,
    difference,
  };
}

/** Follows pointers as a bag of the event may. Rejects as following a pointer does. */
export function openLoader(event: ByteValue, blobs: BlobReader): Load<ByteValue> {
  const envelope = detectEnvelope(event);
  const ids = envelope ? documentIds(envelope) : { ownerId: undefined, workflowId: undefined };
  return async (pointer) => event.parse(await follow(pointer, ids, blobs));
}

/** What the store did not give is not an answer, and rejects. */
async function answer(resolve: () => Promise<ResolvedSegment<ByteValue> | undefined>): Promise<ShimAnswer> {
  try {
    const resolved = await resolve();
    return resolved ? { resolved } : { error: new BagError('SEGMENT_NOT_FOUND', 'the shim leaves the event as it is') };
  } catch (error) {
    if (!(error instanceof StateBagError) || error instanceof StoreError || error instanceof ConfigError) throw error;
    return { error };
  }
}

function oldFails(old: Exclude<OldAnswer, { readonly kind: 'segment' }>, { resolved, error }: ShimAnswer): StepResult {
  const instead = resolved ? `the shim runs the program from ${resolved.source}` : `the shim ends with ${error.code}`;
  return {
    outcome: 'old-fails',
    code: old.kind === 'forbidden' ? old.code : 'OLD_RUNNER_FAILS',
    reason: `${old.kind === 'failed' ? `the old runner ends with an error: ${old.reason}` : old.reason}; ${instead}`,
    ...(resolved && { newSource: resolved.source }),
  };
}

/** The old runner reads `state_data` and nothing next to it: a branch there ran the segment of its parent. */
function explainDropped(event: Value, { newSource, reason = '' }: StepResult): Pick<StepResult, 'code' | 'reason'> {
  const isDropped = event.member('state_data') !== undefined && (newSource === 'branch-map' || newSource === 'event');
  if (!isDropped) return {};
  return { code: 'OLD_RUNNER_DROPS', reason: `${reason}. The old runner drops what is next to state_data` };
}

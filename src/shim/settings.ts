import { parseLayout } from '../bag/keys.js';
import type { OutsideNames } from '../bag/envelope.js';
import type { Layout } from '../bag/keys.js';
import type { ManifestForm } from '../bag/manifest.js';
import { PAYLOAD_HEADROOM, PAYLOAD_LIMIT } from '../bag/members.js';
import { ConfigError, StateBagError, messageOf } from '../errors/index.js';
import type { TimeLimits } from './deadline.js';
import type {
  BagIds,
  BudgetOptions,
  LambdaContext,
  Mode,
  OffloadOptions,
  ReadOptions,
  ShimOptions,
  Speech,
  StoreSource,
  UncheckedOptions,
} from './options.js';
import { isBlobStore } from './caches.js';
import { isMembers } from '../bag/value.js';

/** Options, checked, with every default filled in. */
export interface Settings {
  readonly store: StoreSource;
  /** The ids are asked for only when a function decides. */
  readonly modeOf: (ids: () => BagIds) => Mode;
  /** What is known of the owner of an event outside of it; empty when nothing is. */
  readonly outsideOf: (event: unknown, context: LambdaContext | undefined) => readonly OutsideNames[];
  readonly speaks: Speech;
  readonly manifestForm: ManifestForm;
  readonly layout: Layout;
  /** Bytes a result may take; `undefined` for no budget. */
  readonly maxResultBytes: number | undefined;
  readonly cacheBytes: number;
  readonly offload: Required<Omit<OffloadOptions, 'only'>> & Pick<OffloadOptions, 'only'>;
  readonly onMissing: 'error' | 'pass';
  readonly limits: TimeLimits;
  readonly clock: () => number;
}

const KNOWN = {
  options: [
    'store',
    'mode',
    'expectedOwner',
    'speaks',
    'manifest',
    'layout',
    'budget',
    'cache',
    'offload',
    'onMissing',
    'storeTimeoutMs',
    'optionalTimeoutMs',
    'deadlineMarginMs',
    'clock',
  ],
  budget: ['limitBytes', 'headroomBytes'],
  cache: ['maxBytes'],
  offload: ['only', 'never', 'first', 'minBytes'],
  'read and wrap': ['segment'],
  resolveSegmentConfig: ['index', 'signal', 'layout'],
  'the input of buildLeanBag': ['ownerId', 'workflowId', 'workflowConfig', 'partitionMap', 'bag'],
  'the options of buildLeanBag': ['layout', 'manifest', 'clock', 'budget', 'offload', 'signal'],
} as const;

const MODES: readonly unknown[] = ['observe', 'shadow', 'rewrite', 'strict'] satisfies Mode[];

/**
 * Throws `ConfigError` `OPTION_UNKNOWN`, `OPTION_INVALID`, `LAYOUT_INVALID`, or `STORE_MISSING` for a mode that needs a
 * store.
 */
export function parseOptions(options: UncheckedOptions): Settings {
  assertKnown('options', options);
  const { store, budget = {}, cache = {}, offload = {} } = options;
  assertKnown('cache', cache);
  assertKnown('offload', offload);
  const modeOf = parseMode(options.mode);
  return {
    store: store === undefined ? refuseStore : parseStore(store),
    modeOf: store === undefined ? requireObserve(modeOf, options.mode) : modeOf,
    outsideOf: parseExpectedOwner(options),
    speaks: oneOf('speaks', options.speaks ?? 'lean', ['lean', 'fat', 'bridge']),
    manifestForm: oneOf('manifest', options.manifest ?? 'list', ['list', 'envelope']),
    layout: parseLayout(options.layout),
    maxResultBytes: parseBudget(budget),
    cacheBytes: whole('cache.maxBytes', cache.maxBytes ?? 64 * 1024 * 1024, 0),
    offload: parseOffload(offload),
    onMissing: oneOf('onMissing', options.onMissing ?? 'error', ['error', 'pass']),
    limits: {
      storeTimeoutMs: whole('storeTimeoutMs', options.storeTimeoutMs ?? 10_000, 1),
      optionalTimeoutMs: whole('optionalTimeoutMs', options.optionalTimeoutMs ?? 1_000, 500),
      marginMs: whole('deadlineMarginMs', options.deadlineMarginMs ?? 500, 0),
    },
    clock: options.clock ?? Date.now,
  };
}

/** A decorator gets the name of a method, or what the language says of it, in the place of the options. */
export function assertNoDecorator(options: unknown): void {
  const isDecorated = !isMembers(options) || ('kind' in options && 'addInitializer' in options);
  if (!isDecorated) return;
  throw new ConfigError(
    'OPTION_INVALID',
    'the second argument of wrap must be an options object, such as { segment: false }. wrap is not a decorator: wrap the function that you export, as in `export const handler = shim.wrap((event) => runner.handle(event))`',
  );
}

/** Whether a segment is wanted. Throws `ConfigError` `OPTION_UNKNOWN` or `OPTION_INVALID`. */
export function parseReadOptions(options: ReadOptions): boolean {
  assertKnown('read and wrap', options);
  const { segment = true } = options;
  if (typeof segment === 'boolean') return segment;
  throw invalid('segment', 'must be true or false');
}

/**
 * Throws `ConfigError` `OPTION_UNKNOWN` for a name that no option has: a typing mistake must not pass for a default.
 */
export function assertKnown(group: keyof typeof KNOWN, value: unknown): void {
  if (!isMembers(value)) throw invalid(group, 'must be an object');
  const unknown = Object.keys(value).find((name) => !(KNOWN[group] as readonly string[]).includes(name));
  if (unknown === undefined) return;
  throw new ConfigError(
    'OPTION_UNKNOWN',
    `"${unknown}" is no option of ${group}; there are ${KNOWN[group].join(', ')}`,
  );
}

/** Throws `ConfigError` `OPTION_INVALID`. */
export function parseStore(store: StoreSource): StoreSource {
  if (typeof store === 'function' || isBlobStore(store)) return store;
  throw invalid('store', 'must be a blob store, with bucket, get and put, or a function that gives one');
}

/** Without a store every event must have the mode `observe`. A mode that is known now is checked now. */
function requireObserve(modeOf: Settings['modeOf'], mode: UncheckedOptions['mode']): Settings['modeOf'] {
  const observeOnly: Settings['modeOf'] = (ids) => {
    const given = modeOf(ids);
    if (given !== 'observe') throw storeMissing(`the mode ${given} needs one`);
    return given;
  };
  if (typeof mode !== 'function') observeOnly(() => ({ ownerId: undefined, workflowId: undefined }));
  return observeOnly;
}

/** In place of a store, for a reading in the mode `observe` that is asked for what only a store has. */
function refuseStore(): never {
  throw storeMissing('a pointer must be followed');
}

function storeMissing(why: string): ConfigError {
  return new ConfigError(
    'STORE_MISSING',
    `the option "store" is missing, and ${why}. Give a blob store, or a function that gives one; only the mode observe does without`,
  );
}

function parseMode(mode: ShimOptions['mode']): Settings['modeOf'] {
  if (typeof mode !== 'function') {
    const fixed = parsedMode(mode ?? DEFAULT_MODE);
    return () => fixed;
  }
  return (ids) => parsedMode(askMode(mode, ids()) ?? DEFAULT_MODE);
}

/** Counts also in the messages about an event whose mode is not known. */
export const DEFAULT_MODE: Mode = 'observe';

/** A service that knows the mode may be down: then the call may be tried again. */
function askMode(mode: (ids: BagIds) => Mode | undefined, ids: BagIds): Mode | undefined {
  let answer: unknown;
  try {
    answer = mode(ids);
  } catch (cause) {
    throw new StateBagError('MODE_FAILED', `the function in the option "mode" failed: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (answer instanceof Promise) throw invalid('mode', 'must be a function that answers at once, not with a promise');
  return answer as Mode | undefined;
}

function parseExpectedOwner(options: UncheckedOptions): Settings['outsideOf'] {
  const { expectedOwner } = options as { readonly expectedOwner?: unknown };
  if (expectedOwner === undefined) return () => [];
  if (typeof expectedOwner !== 'function') throw invalid('expectedOwner', 'must be a function that gives an owner');
  return (event, context) => {
    const owner: unknown = options.expectedOwner?.(event, context);
    // A caller that knows no owner must not pass for one that expects any.
    if (typeof owner !== 'string' || owner === '') throw invalid('expectedOwner', 'must give text that is not empty');
    return [{ place: 'the option expectedOwner', ownerId: [owner], workflowId: [] }];
  };
}

function parsedMode(mode: Mode): Mode {
  return oneOf('mode', mode, MODES as readonly Mode[]);
}

function parseBudget(budget: BudgetOptions | false): number | undefined {
  if (budget === false) return undefined;
  assertKnown('budget', budget);
  const limit = whole('budget.limitBytes', budget.limitBytes ?? PAYLOAD_LIMIT, 1);
  const headroom = whole('budget.headroomBytes', budget.headroomBytes ?? PAYLOAD_HEADROOM, 0);
  if (headroom >= limit) throw invalid('budget.headroomBytes', `must be below the limit of ${limit}`);
  return limit - headroom;
}

function parseOffload({ only, never = [], first = [], minBytes = 1_024 }: OffloadOptions): Settings['offload'] {
  for (const [name, list] of Object.entries({ only: only ?? [], never, first })) {
    const isList = Array.isArray(list) && list.every((member) => typeof member === 'string');
    if (!isList) throw invalid(`offload.${name}`, 'must be a list of member names');
  }
  return { ...(only === undefined ? {} : { only }), never, first, minBytes: whole('offload.minBytes', minBytes, 0) };
}

function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw invalid(name, `must be one of ${choices.join(', ')}`);
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(name, `must be a whole number, at least ${least}`);
}

function invalid(name: string, flaw: string): ConfigError {
  return new ConfigError('OPTION_INVALID', `the option "${name}" ${flaw}`);
}

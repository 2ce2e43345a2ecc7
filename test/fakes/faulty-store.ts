import { storeErrorOf } from '../../src/store/store-errors.js';
import type { StoreErrorCode } from '../../src/store/store-errors.js';
import type {
  GetRequest,
  ObjectAddress,
  ObjectStore,
  ObjectSummary,
  PutRequest,
  StoredObject,
} from '../../src/store/object-store.js';

/** One thing that goes wrong: `before` the call has any effect, or `after` it, when only the reply is lost. */
interface Fault {
  readonly moment: 'before' | 'after';
  readonly code: StoreErrorCode;
}

export interface RecordedCall {
  /** Counted from 0 over all operations of this store. */
  readonly index: number;
  readonly operation: 'get' | 'put' | 'list' | 'delete';
  readonly address: ObjectAddress;
  readonly fault: Fault | undefined;
}

/** Decides for each call, before it runs, what befalls it. */
type FaultSchedule = (call: Omit<RecordedCall, 'fault'>) => Fault | undefined;

export interface FaultyStore extends ObjectStore {
  readonly calls: readonly RecordedCall[];
}

/** The faults of a network and a disk, by name. `lost-reply` alone has happened although it fails. */
export const FAULTS = {
  unavailable: { moment: 'before', code: 'STORE_UNAVAILABLE' },
  timeout: { moment: 'before', code: 'STORE_TIMEOUT' },
  'lost-reply': { moment: 'after', code: 'STORE_UNAVAILABLE' },
  'lost-reply-retried': { moment: 'after', code: 'PRECONDITION_FAILED' },
  conflict: { moment: 'before', code: 'WRITE_CONFLICT' },
  precondition: { moment: 'before', code: 'PRECONDITION_FAILED' },
  denied: { moment: 'before', code: 'STORE_DENIED' },
  truncated: { moment: 'before', code: 'BODY_TRUNCATED' },
  full: { moment: 'before', code: 'STORE_FULL' },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** The n-th call gets the n-th fault; `undefined` and what lies beyond the list go well. */
export function listedFaults(names: readonly (FaultName | undefined)[]): FaultSchedule {
  return ({ index }) => {
    const name = names[index];
    return name === undefined ? undefined : FAULTS[name];
  };
}

/** A share of all calls, chosen by a seed, gets one of the faults given. The same seed gives the same faults. */
export function seededFaults(seed: number, share: number, names: readonly FaultName[]): FaultSchedule {
  const random = mulberry32(seed);
  return () => {
    const [chance, choice] = [random(), random()];
    const name = names[Math.floor(choice * names.length)];
    return chance < share && name !== undefined ? FAULTS[name] : undefined;
  };
}

/** Any store, with a schedule of faults and a record of what was asked of it. */
export function faultyStore(objects: ObjectStore, schedule: FaultSchedule): FaultyStore {
  const calls: RecordedCall[] = [];
  const record = (operation: RecordedCall['operation'], address: ObjectAddress): Fault | undefined => {
    const call = { index: calls.length, operation, address };
    const fault = schedule(call);
    calls.push({ ...call, fault });
    return fault;
  };
  const during = async <T>(
    operation: RecordedCall['operation'],
    address: ObjectAddress,
    work: () => Promise<T>,
  ): Promise<T> => {
    const fault = record(operation, address);
    failAt('before', fault, address);
    const result = await work();
    failAt('after', fault, address);
    return result;
  };
  return {
    calls,
    description: `faulty ${objects.description}`,
    keepsAttributes: objects.keepsAttributes,
    get: (address: ObjectAddress, request?: GetRequest): Promise<StoredObject> =>
      during('get', address, () => objects.get(address, request)),
    put: (address: ObjectAddress, bytes: Uint8Array, request?: PutRequest): Promise<string> =>
      during('put', address, () => objects.put(address, bytes, request)),
    delete: (address, request) => during('delete', address, () => objects.delete(address, request)),
    async *list(bucket: string, prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectSummary> {
      const fault = record('list', { bucket, key: prefix });
      failAt('before', fault, { bucket, key: prefix });
      yield* objects.list(bucket, prefix, signal);
      failAt('after', fault, { bucket, key: prefix });
    },
  };
}

function failAt(moment: Fault['moment'], fault: Fault | undefined, address: ObjectAddress): void {
  if (fault?.moment !== moment) return;
  throw storeErrorOf(fault.code, `An injected ${fault.code} ${moment} the effect.`, address);
}

/** A small, fast generator of uniform numbers in [0, 1), by Tommy Ettinger; public domain. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

import { randomUUID } from 'node:crypto';
import { ConfigError, messageOf, StateBagError } from '../errors/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { ObjectAddress, ObjectStore } from './object-store.js';

/** Why it is not known whether a server honours conditions. */
export interface Unproven {
  readonly code: string;
  readonly reason: string;
}

/** A version that no object has: the ETag of an upload in parts that has no part. */
const NO_VERSION = '"00000000000000000000000000000000-0"';

const STOPPED: Unproven = { code: 'RUN_STOPPED', reason: 'the run was stopped before the check' };

/**
 * Proves that a server honours `If-Match` on a write. `folder` is the start of the key, which the caller may write to.
 * The request names a key without an object and a version that no object has. A server that honours the condition
 * writes nothing. What another server writes is deleted again. Resolves to the reason where there is no proof, such as
 * a denied write. Throws `ConfigError` `CONDITIONS_IGNORED`, or `STORE_UNSUPPORTED` for a server that answers 501.
 *
 * @example
 *     await proveReplacement(objects, { bucket: 'bags', key: 'paused/' });
 */
export async function proveReplacement(
  objects: ObjectStore,
  folder: ObjectAddress,
  signal?: AbortSignal,
): Promise<Unproven | undefined> {
  const address = { bucket: folder.bucket, key: `${folder.key}.statebag-probe-${randomUUID()}` };
  const options = signal === undefined ? {} : { signal };
  const refusal = await refusalOf(objects.put(address, new Uint8Array(), { ifMatch: NO_VERSION, ...options }));
  if (refusal === undefined) throw ignored('If-Match on a write', address, await deleteProbe(objects, address));
  if (signal?.aborted === true) return STOPPED;
  return judgeRefusal(refusal, address);
}

/** Resolves to what is left of the probe, as a clause. */
async function deleteProbe(objects: ObjectStore, address: ObjectAddress): Promise<string> {
  const failure = await refusalOf(objects.delete(address));
  if (failure === undefined) return '; the object of this check was deleted again';
  return `; the object of this check could not be deleted, delete it: s3://${address.bucket}/${address.key} (${messageOf(failure)})`;
}

/**
 * The same store, whose first new object is written a second time under the same condition, with the same bytes: a
 * server that honours `If-None-Match` refuses that. If it does not, this write and all later ones fail with
 * `ConfigError` `CONDITIONS_IGNORED`. A write that the server refuses because there is an object is a proof, too.
 */
export function proveCreations(objects: ObjectStore): ObjectStore {
  const proof = new Proof();
  return {
    ...forward(objects),
    put: async (address, bytes, request = {}) => {
      await proof.assertNotFailed();
      if (request.ifAbsent !== true) return objects.put(address, bytes, request);
      try {
        const version = await objects.put(address, bytes, request);
        await proof.make(async () => {
          const refusal = await refusalOf(objects.put(address, bytes, request));
          if (refusal === undefined) throw ignored('If-None-Match on a write', address, '; it has the same bytes');
          return assertCondition(refusal);
        });
        return version;
      } catch (error) {
        if (isCondition(error)) proof.accept();
        throw error;
      }
    },
  };
}

/**
 * The same store, whose first deletion under a condition is tried with a version that the object does not have: a
 * server that honours `If-Match` on a deletion refuses that. Another server deletes the object, which was to be deleted
 * anyway; this deletion and all later ones fail with `ConfigError` `CONDITIONS_IGNORED`.
 */
export function proveDeletions(objects: ObjectStore): ObjectStore {
  const proof = new Proof();
  return {
    ...forward(objects),
    delete: async (address, request = {}) => {
      const { signal } = request;
      if (request.ifMatch !== undefined) await proof.make(() => isDeletionRefused(objects, address, signal));
      return objects.delete(address, request);
    },
  };
}

async function isDeletionRefused(objects: ObjectStore, address: ObjectAddress, signal?: AbortSignal): Promise<boolean> {
  // Deleting what is absent succeeds, whatever the condition.
  if (!(await isListed(objects, address, signal))) return false;
  const options = signal === undefined ? {} : { signal };
  const refusal = await refusalOf(objects.delete(address, { ifMatch: NO_VERSION, ...options }));
  if (refusal === undefined) throw ignored('If-Match on a deletion', address, '; it was to be deleted anyway');
  return assertCondition(refusal);
}

async function isListed(objects: ObjectStore, { bucket, key }: ObjectAddress, signal?: AbortSignal): Promise<boolean> {
  for await (const found of objects.list(bucket, key, signal)) return found.key === key;
  return false;
}

/** One attempt at a time. A server that ignored a condition is refused for good. */
class Proof {
  #isMade = false;
  #attempt: Promise<boolean> | undefined;
  #flaw: ConfigError | undefined;

  /** The server refused a request because of its condition. */
  accept(): void {
    this.#isMade = true;
  }

  /** Throws when an attempt has found the server to ignore conditions. */
  async assertNotFailed(): Promise<void> {
    await this.#attempt?.catch(() => undefined);
    if (this.#flaw) throw this.#flaw;
  }

  /** `work` resolves to false when it proved nothing. Rejects with its error, which is final if it is the flaw. */
  async make(work: () => Promise<boolean>): Promise<void> {
    for (;;) {
      await this.assertNotFailed();
      if (this.#isMade) return;
      // Another caller has begun an attempt while this one waited.
      if (this.#attempt !== undefined) continue;
      this.#attempt = work();
      return this.#finish(this.#attempt);
    }
  }

  async #finish(attempt: Promise<boolean>): Promise<void> {
    try {
      if (await attempt) this.#isMade = true;
    } catch (error) {
      if (error instanceof ConfigError) this.#flaw = error;
      throw error;
    } finally {
      this.#attempt = undefined;
    }
  }
}

/** Every method of the store, bound: a spread would lose those of a class. */
function forward(objects: ObjectStore): ObjectStore {
  const { description, keepsAttributes } = objects;
  return {
    description,
    keepsAttributes,
    get: (address, request) => objects.get(address, request),
    put: (address, bytes, request) => objects.put(address, bytes, request),
    list: (bucket, prefix, signal) => objects.list(bucket, prefix, signal),
    delete: (address, request) => objects.delete(address, request),
    ...(objects.leftovers && { leftovers: objects.leftovers.bind(objects) }),
  };
}

function judgeRefusal(refusal: unknown, address: ObjectAddress): Unproven | undefined {
  if (isCondition(refusal)) return undefined;
  const code = refusal instanceof StateBagError ? refusal.code : 'UNEXPECTED';
  if (code === 'STORE_UNSUPPORTED')
    throw new ConfigError(code, `${messageOf(refusal)}. statebag writes to s3://${address.bucket} only with If-Match`, {
      cause: refusal,
    });
  return { code, reason: messageOf(refusal) };
}

/** What failed for another reason is not known to be refused: that write or deletion fails with the reason. */
function assertCondition(refusal: unknown): true {
  if (isCondition(refusal)) return true;
  throw refusal;
}

function isCondition(error: unknown): boolean {
  return error instanceof StateBagError && error.code === ('PRECONDITION_FAILED' satisfies ErrorCode);
}

function ignored(what: string, { bucket, key }: ObjectAddress, rest: string): ConfigError {
  return new ConfigError(
    'CONDITIONS_IGNORED',
    `the server of s3://${bucket} ignores ${what}: the condition of a request for s3://${bucket}/${key} did not hold, and it was carried out${rest}. Without conditions two programs overwrite each other; nothing is written with --apply. Name the endpoint of the server itself, or use another server`,
    { context: { bucket, path: key } },
  );
}

/** The error of a call, or `undefined` when it succeeds. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error ?? new Error('no reason');
  }
}

import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { StateBagError } from '../../errors/index.js';
import type { ObjectAddress, ObjectStore, ObjectSummary } from '../object-store.js';

/** What the suite uses of `expect`. Those of vitest and jest have it. */
export interface ContractExpect {
  (actual: unknown): ContractAssertion;
  arrayContaining(expected: readonly unknown[]): unknown;
}

/** An assertion about one value. */
export interface ContractAssertion {
  readonly not: ContractAssertion;
  readonly rejects: { toBe(expected: unknown): Promise<void>; toThrow(): Promise<void> };
  toBe(expected: unknown): void;
  toBeGreaterThan(expected: number): void;
  toBeLessThan(expected: number): void;
  toBeUndefined(): void;
  toContain(expected: unknown): void;
  toEqual(expected: unknown): void;
  toHaveLength(expected: number): void;
  toMatch(expected: RegExp): void;
  toMatchObject(expected: object): void;
}

/** The functions of a test runner. The package imports none: the caller passes those of its own. */
export interface ContractTest {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, run: () => Promise<void>) => unknown;
  readonly beforeAll: (run: () => Promise<void>) => unknown;
  readonly afterAll: (run: () => Promise<void>) => unknown;
  readonly expect: ContractExpect;
}

/** What a driver, or the server behind it, may lack. Everything not named here is required of all. */
export type Clause =
  | 'missing bucket is an error'
  | 'create-if-absent'
  | 'create-if-absent over a multipart upload'
  | 'if-match'
  | 'if-match on an absent object'
  | 'delete if-match'
  | 'digest of a single put is verified'
  | 'content headers'
  | 'metadata beyond ASCII'
  | 'tags'
  | 'tags over a multipart upload'
  | 'keys with an empty segment'
  | 'keys with control characters'
  | 'one key that is a folder of another'
  | 'segments over 255 bytes'
  | 'key order of a listing';

/** Where a driver, or the server behind it, falls short of the contract. */
export interface Gaps {
  readonly lacks?: readonly Clause[];
  /** In what steps its times of a last write go. HTTP gives whole seconds. */
  readonly clockStepMs?: number;
  /** Its conditions hold one request after another, but two requests at the same moment may both win. */
  readonly racy?: boolean;
}

export interface ContractStore {
  readonly objects: ObjectStore;
  /** Exists, and holds nothing that begins with the names the suite uses. */
  readonly bucket: string;
  readonly close?: () => Promise<void>;
}

/** What the chapters of the contract work with. */
export interface Harness {
  readonly test: ContractTest;
  /** Available once tests run. */
  readonly objects: ObjectStore;
  readonly bucket: string;
  readonly winners: 'exactly one' | 'at least one';
  /** Ends when a write has a later time than a write before. */
  aLaterTime(): Promise<void>;
  /** An address nothing lies at, in a folder of its own. */
  fresh(key?: string): ObjectAddress;
  keysUnder(prefix: string): Promise<string[]>;
  /** Registers a test, or, for a clause the store lacks, the test that it fails. */
  clause(wanted: Clause, sentence: string, run: () => Promise<void>): void;
  /** Lets writers loose on one address at once; the losers must be told why, and a winner's bytes must lie there. */
  race(address: ObjectAddress, writers: number, put: (body: Uint8Array) => Promise<unknown>): Promise<void>;
}

export function createHarness(test: ContractTest, makeStore: () => Promise<ContractStore>, gaps: Gaps): Harness {
  const { afterAll, beforeAll, expect, it } = test;
  let store: ContractStore | undefined;
  let serial = 0;
  beforeAll(async () => {
    store = await makeStore();
  });
  afterAll(async () => {
    await store?.close?.();
  });
  const opened = (): ContractStore => {
    if (store === undefined) throw new Error('the store is opened before the first test; beforeAll did not run');
    return store;
  };
  return {
    test,
    get objects() {
      return opened().objects;
    },
    get bucket() {
      return opened().bucket;
    },
    winners: gaps.racy === true ? 'at least one' : 'exactly one',
    aLaterTime: () => wait(1.1 * (gaps.clockStepMs ?? 1_000)),
    fresh: (key = 'object.json') => ({ bucket: opened().bucket, key: `t${(serial += 1)}/${key}` }),
    keysUnder: async (prefix) => (await listed(opened().objects, opened().bucket, prefix)).map((found) => found.key),
    clause: (wanted, sentence, run) => {
      if (gaps.lacks?.includes(wanted) !== true) it(sentence, run);
      else it(`lacks "${wanted}": not true that it ${sentence}`, () => expect(run()).rejects.toThrow());
    },
    race: async (address, writers, put) => {
      const bodies = Array.from({ length: writers }, (_unused, index) => `writer ${index} `.repeat(1_000));
      const outcomes = await outcomesOf(bodies.map((body) => put(text(body))));
      const won = bodies.filter((_body, index) => outcomes[index] === 'done');
      expect(['done', 'PRECONDITION_FAILED', 'WRITE_CONFLICT']).toEqual(expect.arrayContaining(outcomes));
      expect(won).toContain(textOf((await opened().objects.get(address)).bytes));
      if (gaps.racy !== true) expect(won).toHaveLength(1);
    },
  };
}

export async function listed(
  objects: ObjectStore,
  bucket: string,
  prefix: string,
  signal?: AbortSignal,
): Promise<ObjectSummary[]> {
  const found: ObjectSummary[] = [];
  for await (const summary of objects.list(bucket, prefix, signal)) found.push(summary);
  return found;
}

export function text(content: string): Uint8Array {
  return Buffer.from(content);
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The code that a promise rejects with, or `done`. Any other error is thrown on: it is a defect of the driver. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    if (error instanceof StateBagError) return error.code;
    throw error;
  }
}

function outcomesOf(promises: readonly Promise<unknown>[]): Promise<string[]> {
  return Promise.all(promises.map(codeOf));
}

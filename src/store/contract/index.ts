import { attributesContract } from './attributes.js';
import { conditionsContract } from './conditions.js';
import { createHarness } from './harness.js';
import type { ContractStore, ContractTest, Gaps } from './harness.js';
import { keysContract } from './keys.js';
import { listingContract } from './listing.js';
import { readingContract } from './reading.js';

export type { Clause, ContractAssertion, ContractExpect, ContractStore, ContractTest, Gaps } from './harness.js';

/**
 * The behaviour of `ObjectStore`, the same for every driver, as tests of the caller's runner. `makeStore` opens the
 * store of all tests. A clause named in `lacks` is run all the same, and the test asserts that it fails: a gap is
 * stated, and shows when it closes. A race cannot be asserted either way, so a racy store is held to less: at least one
 * writer wins, and the object has the whole bytes of a winner.
 *
 * @example
 *     import { afterAll, beforeAll, describe, expect, it } from 'vitest';
 *     import { objectStoreContract } from 'statebag-shim/store-contract';
 *     const test = { afterAll, beforeAll, describe, expect, it };
 *     objectStoreContract(test, 'my driver', async () => ({ objects: myObjectStore(), bucket: 'test' }));
 */
export function objectStoreContract(
  test: ContractTest,
  name: string,
  makeStore: () => Promise<ContractStore>,
  gaps: Gaps = {},
): void {
  test.describe(`object store contract: ${name}`, () => {
    const harness = createHarness(test, makeStore, gaps);
    readingContract(harness);
    conditionsContract(harness);
    keysContract(harness);
    attributesContract(harness);
    listingContract(harness);
  });
}

import { describe } from 'vitest';
import { attributesContract } from './contract-attributes.js';
import { conditionsContract } from './contract-conditions.js';
import { createHarness } from './contract-harness.js';
import type { ContractStore, Gaps } from './contract-harness.js';
import { keysContract } from './contract-keys.js';
import { listingContract } from './contract-listing.js';
import { readingContract } from './contract-reading.js';

export type { Clause, ContractStore, Gaps } from './contract-harness.js';

/**
 * The behaviour of `ObjectStore`, the same for every driver. A clause named in `lacks` is run all the same, and the
 * test asserts that it fails: a gap is stated, and shows when it closes. A race cannot be asserted either way, so a
 * racy store is held to less: somebody wins, and what lies there is whole and a winner's.
 */
export function objectStoreContract(name: string, makeStore: () => Promise<ContractStore>, gaps: Gaps = {}): void {
  describe(`object store contract: ${name}`, () => {
    const harness = createHarness(makeStore, gaps);
    readingContract(harness);
    conditionsContract(harness);
    keysContract(harness);
    attributesContract(harness);
    listingContract(harness);
  });
}

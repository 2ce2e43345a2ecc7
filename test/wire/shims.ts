import { MIGRATIONS } from '../../migrations/index.js';
import type { WireOptions } from '../../src/wire/options.js';
import { WireShim } from '../../src/wire/wire-shim.js';
import { testStore } from '../adapter/shims.js';
import type { TestStore } from '../adapter/shims.js';

export interface TestWire extends TestStore {
  readonly shim: WireShim;
}

/** A shim over bytes in the mode `rewrite` on a store of its own, unless told otherwise. */
export function testWire(options: Partial<WireOptions> = {}, store: TestStore = testStore()): TestWire {
  return { ...store, shim: new WireShim({ store: store.store, mode: 'rewrite', ...options }, MIGRATIONS) };
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

import type {} from 'vitest';
import type { LeanBagOptions } from './index.js';

export { stateBagMatchers } from './index.js';
export type { LeanBagOptions, MatcherResult } from './index.js';

declare module 'vitest' {
  interface Matchers<T> {
    /** The value is a lean state bag, in its envelope or out of it, as an object or as JSON text. */
    toBeLeanStateBag(options?: LeanBagOptions): T;
  }
}

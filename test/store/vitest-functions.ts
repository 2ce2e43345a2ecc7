import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What the contract of object stores uses of vitest. */
export const VITEST = { afterAll, beforeAll, describe, expect, it };

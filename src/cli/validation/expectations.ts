/** How documents may be meant to be. */
export const EXPECTATIONS = ['valid', 'invalid'] as const;

export type Expectation = (typeof EXPECTATIONS)[number];

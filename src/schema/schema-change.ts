/**
 * What a change does to the documents that satisfy a schema. `narrower`: some that did no longer do, so stored
 * documents may break. `wider`: some do that did not, so readers of the old schema may break. `unclear`: it cannot be
 * told from the schemas, and may be both.
 */
export type Effect = 'narrower' | 'wider' | 'unclear';

export interface SchemaChange {
  readonly effect: Effect;
  /** The keyword that changed. */
  readonly keyword: string;
  /** What happened to it, as a sentence. */
  readonly message: string;
  /** Place of the schema in its own document, as a JSON pointer (RFC 6901). */
  readonly pointer: string;
  /** The document that `pointer` is about: the new one, or the old one for what is gone. */
  readonly side: 'old' | 'new';
}

/** The effect of the same change where it is negated. */
export function opposite(effect: Effect): Effect {
  if (effect === 'unclear') return effect;
  return effect === 'narrower' ? 'wider' : 'narrower';
}

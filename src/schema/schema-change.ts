/**
 * What a change does to the documents that satisfy a schema. `narrower`: some that did no longer do, so stored
 * documents may break. `wider`: some do that did not, so readers of the old schema may break. `unknown`: it is not
 * compared, and may be both.
 */
export type Effect = 'narrower' | 'wider' | 'unknown';

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

/**
 * How a schema counts where it is used. `same`: what it takes more, the whole takes more. `reversed`: what it takes
 * more, the whole takes less, as under `not`. `both`: any change of it may do either, as in `oneOf`.
 */
export type View = 'same' | 'reversed' | 'both';

/** How a schema counts that is used within another one. */
export function nestViews(outer: View, inner: View): View {
  if (outer === 'both' || inner === 'both') return 'both';
  return outer === inner ? 'same' : 'reversed';
}

/** What a change does to the whole. */
export function seenFrom(view: View, effect: Effect): Effect {
  if (view === 'both' || effect === 'unknown') return 'unknown';
  if (view === 'same') return effect;
  return effect === 'narrower' ? 'wider' : 'narrower';
}

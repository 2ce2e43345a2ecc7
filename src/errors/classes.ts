import { isRetryable } from './codes.js';

/** Where a failure belongs: which document, which stage, which place inside it. */
export interface ErrorContext {
  readonly documentId?: string;
  readonly stage?: Stage;
  /** JSON pointer (RFC 6901) or object key, whichever names the place. */
  readonly path?: string;
  readonly [detail: string]: unknown;
}

export type Stage = 'read' | 'detect' | 'plan' | 'offload' | 'rewrite' | 'validate' | 'commit';

export interface StateBagErrorOptions {
  /** Default: what the catalogue of codes says; false for a code that is not in it. */
  readonly retryable?: boolean;
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/**
 * By it a class knows errors of another copy of this package: a layer and a bundle may each have one. A value that has
 * it is a list of kinds.
 */
const KINDS = Symbol.for('statebag-shim.error-kinds');

/**
 * Base of every error the shim throws. Programs compare `code` (stable across releases), never the message.
 * `retryable` says whether the very same call may succeed later. Errors of a user's own store may have other codes.
 *
 * @example
 *     if (error instanceof StateBagError && error.code === 'POINTER_DANGLING') restore(error.context.path);
 */
export class StateBagError extends Error {
  override readonly name: string = 'StateBagError';
  /** An `ErrorCode`, or another text in an error that a user makes. */
  readonly code: string;
  readonly retryable: boolean;
  readonly context: ErrorContext;

  constructor(code: string, message: string, options: StateBagErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? isRetryable(code);
    this.context = options.context ?? {};
  }

  /** Decides by the kind, not by the prototype. A subclass of the user's own has no kind, and its prototype decides. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const kind = NAMES.get(this);
    if (kind === undefined) return Function.prototype[Symbol.hasInstance].call(this, value);
    const kinds = (value as { readonly [KINDS]?: readonly string[] } | null | undefined)?.[KINDS];
    return kinds?.includes(kind) === true;
  }

  get [KINDS](): readonly string[] {
    return listKinds(this.constructor);
  }
}

/** The document itself cannot be migrated or resolved as it is. Quarantine it and go on. */
export class BagError extends StateBagError {
  override readonly name = 'BagError';
}

/** A pointer is malformed, its target is missing, or the bag may not read its target. */
export class PointerError extends StateBagError {
  override readonly name = 'PointerError';
}

/** Bytes do not match their digest. An operator must decide; nothing is guessed. */
export class IntegrityError extends StateBagError {
  override readonly name = 'IntegrityError';
}

/** A document does not satisfy its schema. */
export class SchemaError extends StateBagError {
  override readonly name = 'SchemaError';
}

/** Another program changed the document, row or object since it was read. Read it again. */
export class ConflictError extends StateBagError {
  override readonly name = 'ConflictError';
}

/** A store, table or disk refused or failed. */
export class StoreError extends StateBagError {
  override readonly name = 'StoreError';
}

/** Options, arguments or environment are wrong. Exit code 2. */
export class ConfigError extends StateBagError {
  override readonly name = 'ConfigError';
}

/** A promise inside the shim was broken. Exit code 70; please report it. */
export class InternalError extends StateBagError {
  override readonly name = 'InternalError';
}

/** The classes, by names that no bundler shortens. */
const NAMES: ReadonlyMap<unknown, string> = new Map(
  Object.entries({
    StateBagError,
    BagError,
    PointerError,
    IntegrityError,
    SchemaError,
    ConflictError,
    StoreError,
    ConfigError,
    InternalError,
  }).map(([name, type]) => [type, name]),
);

/** The names of a class and of those that it extends. */
function listKinds(type: unknown): readonly string[] {
  if (typeof type !== 'function') return [];
  const name = NAMES.get(type);
  return [...(name === undefined ? [] : [name]), ...listKinds(Object.getPrototypeOf(type))];
}

/** Prose of any thrown value, for reasons and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

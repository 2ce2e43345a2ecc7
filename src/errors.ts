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
 * `retryable` says whether the very same call may succeed later.
 */
export class StateBagError extends Error {
  /** The class, by a name that no bundler shortens. */
  static readonly kind: string = 'StateBagError';
  override readonly name: string = 'StateBagError';
  readonly code: string;
  readonly retryable: boolean;
  readonly context: ErrorContext;

  constructor(code: string, message: string, options: StateBagErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }

  /** Decides by the kind, not by the prototype. A subclass of the user's own has no kind, and its prototype decides. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, 'kind')) return Function.prototype[Symbol.hasInstance].call(this, value);
    const kinds = (value as { readonly [KINDS]?: readonly string[] } | null | undefined)?.[KINDS];
    return kinds?.includes(this.kind) === true;
  }

  get [KINDS](): readonly string[] {
    return ['StateBagError', (this.constructor as typeof StateBagError).kind];
  }
}

/** The document itself cannot be migrated or resolved as it is. Quarantine it and go on. */
export class BagError extends StateBagError {
  static override readonly kind = 'BagError';
  override readonly name = 'BagError';
}

/** A pointer is malformed, leads nowhere, or leads where it may not. */
export class PointerError extends StateBagError {
  static override readonly kind = 'PointerError';
  override readonly name = 'PointerError';
}

/** Bytes do not match their digest. Somebody must look; nothing is guessed. */
export class IntegrityError extends StateBagError {
  static override readonly kind = 'IntegrityError';
  override readonly name = 'IntegrityError';
}

/** A document does not satisfy its schema. */
export class SchemaError extends StateBagError {
  static override readonly kind = 'SchemaError';
  override readonly name = 'SchemaError';
}

/** Somebody else changed the thing meanwhile. Read it again. */
export class ConflictError extends StateBagError {
  static override readonly kind = 'ConflictError';
  override readonly name = 'ConflictError';
}

/** The store or disk did not do as asked. */
export class StoreError extends StateBagError {
  static override readonly kind = 'StoreError';
  override readonly name = 'StoreError';
}

/** Options, arguments or environment are wrong. Exit code 2. */
export class ConfigError extends StateBagError {
  static override readonly kind = 'ConfigError';
  override readonly name = 'ConfigError';
}

/** A promise inside the shim was broken. Exit code 70; please report it. */
export class InternalError extends StateBagError {
  static override readonly kind = 'InternalError';
  override readonly name = 'InternalError';
}

/** Prose of any thrown value, for reasons and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import * as classes from './classes.js';
import type { StateBagErrorOptions } from './classes.js';
import type { CODES, CodeFor, ErrorClassName, ErrorCode } from './codes.js';

/*
 * The classes as this package makes errors: each takes only the codes that the catalogue gives it. The package exports
 * `classes.ts`, because stores and handlers of users may have codes of their own.
 */

export type { ErrorContext, Stage, StateBagErrorOptions } from './classes.js';
export type { CodeFor, ErrorCode } from './codes.js';
export { messageOf } from './classes.js';

type Classes = { readonly [Name in ErrorClassName]: InstanceType<(typeof classes)[Name]> };
type RetryableFor<Code extends ErrorCode> = (typeof CODES)[Code]['retryable'];
type Options = Omit<StateBagErrorOptions, 'retryable'>;

/** The catalogue decides what is retryable. Only where it says `sometimes`, the place that makes the error must say. */
type OptionsFor<Code extends ErrorCode> =
  'sometimes' extends RetryableFor<Code>
    ? [options: Options & { readonly retryable: boolean }]
    : [options?: Options & { readonly retryable?: Extract<RetryableFor<Code>, boolean> }];

interface ErrorClass<Name extends ErrorClassName> {
  new <Code extends CodeFor<Name>>(code: Code, message: string, ...options: OptionsFor<Code>): Classes[Name];
  readonly prototype: Classes[Name];
}

export const StateBagError: ErrorClass<'StateBagError'> = classes.StateBagError;
export type StateBagError = classes.StateBagError;

export const BagError: ErrorClass<'BagError'> = classes.BagError;
export type BagError = classes.BagError;

export const PointerError: ErrorClass<'PointerError'> = classes.PointerError;
export type PointerError = classes.PointerError;

export const IntegrityError: ErrorClass<'IntegrityError'> = classes.IntegrityError;
export type IntegrityError = classes.IntegrityError;

export const SchemaError: ErrorClass<'SchemaError'> = classes.SchemaError;
export type SchemaError = classes.SchemaError;

export const ConflictError: ErrorClass<'ConflictError'> = classes.ConflictError;
export type ConflictError = classes.ConflictError;

export const StoreError: ErrorClass<'StoreError'> = classes.StoreError;
export type StoreError = classes.StoreError;

export const ConfigError: ErrorClass<'ConfigError'> = classes.ConfigError;
export type ConfigError = classes.ConfigError;

export const InternalError: ErrorClass<'InternalError'> = classes.InternalError;
export type InternalError = classes.InternalError;

/**
 * An error with the code of another one: a fault that is passed on with more to say, or as a fault of the document.
 * What is not given is taken from `error`, which is the default cause.
 */
export function restateAs<Name extends ErrorClassName>(
  type: ErrorClass<Name>,
  error: classes.StateBagError,
  {
    message = error.message,
    context = error.context,
    cause = error,
  }: Partial<Pick<Error, 'message' | 'cause'>> & Options = {},
): Classes[Name] {
  const Open = type as unknown as new (code: string, message: string, options: StateBagErrorOptions) => Classes[Name];
  return new Open(error.code, message, { retryable: error.retryable, context, cause });
}

import { PointerError } from '../errors.js';
import type { ObjectAddress } from './object-store.js';

/** Where pointers may lead. */
export interface AccessRules {
  readonly buckets: ReadonlySet<string>;
  /** Folders, as `asFolder` spells them. Undefined: every key of those buckets. */
  readonly folders: readonly string[] | undefined;
  /** The store's own place, always allowed unless it is a whole bucket and `folders` says less. */
  readonly own: { readonly bucket: string; readonly folder: string };
}

/**
 * Without `/` in front and with one behind; empty for the whole bucket. Folders match whole: `a/` does not admit `ab`.
 */
export function asFolder(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

/** Throws `PointerError` `BUCKET_NOT_ALLOWED` or `PREFIX_NOT_ALLOWED`; touches no store. */
export function assertAllowed(rules: AccessRules, address: ObjectAddress): void {
  if (!rules.buckets.has(address.bucket)) {
    throw notAllowed('BUCKET_NOT_ALLOWED', `Bucket ${address.bucket} is not among the allowed ones`, address);
  }
  if (rules.folders === undefined || rules.folders.some((folder) => address.key.startsWith(folder))) return;
  if (rules.own.folder !== '' && isOwn(rules, address)) return;
  throw notAllowed('PREFIX_NOT_ALLOWED', `Key ${address.key} lies under no allowed prefix`, address);
}

/** True for keys that the store itself may have written. */
export function isOwn(rules: AccessRules, address: ObjectAddress): boolean {
  return address.bucket === rules.own.bucket && address.key.startsWith(rules.own.folder);
}

function notAllowed(code: string, message: string, address: ObjectAddress): PointerError {
  return new PointerError(code, `${message}; the pointer is not followed.`, {
    context: { bucket: address.bucket, path: address.key },
  });
}

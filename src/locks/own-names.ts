import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { isOwner, thisOwner } from './owner.js';

const TEMPORARY = /^\.statebag-([0-9a-z-]+)-[0-9a-f]{16}\.tmp$/;
const LOCK = /^\.statebag-[0-9a-f]{32}\.lock$/;
const CLAIM = /^\.statebag-[0-9a-f]{32}\.lock\.[0-9a-f]{32}$/;
/** How release 0.1.0 named the files that it was writing. */
const OLD_TEMPORARY = /^\..*\.statebag\.tmp$/;

/** A new name for a file that is being written. It names its owner, and its length does not depend on the target. */
export function temporaryPathIn(directory: string): string {
  return join(directory, `.statebag-${thisOwner()}-${randomBytes(8).toString('hex')}.tmp`);
}

/** The process that made a temporary file. Undefined for every other name. */
export function ownerOfTemporary(name: string): string | undefined {
  const owner = TEMPORARY.exec(name)?.[1];
  return owner !== undefined && isOwner(owner) ? owner : undefined;
}

/** The lock of a file, in the directory of the file. */
export function lockPathOf(path: string): string {
  const digest = createHash('sha256').update(basename(path)).digest('hex').slice(0, 32);
  return join(dirname(path), `.statebag-${digest}.lock`);
}

export function isLockName(name: string): boolean {
  return LOCK.test(name);
}

/** True for the unfinished files and locks of the tool, whichever process made them. */
export function isTemporaryName(name: string): boolean {
  return ownerOfTemporary(name) !== undefined || LOCK.test(name) || CLAIM.test(name) || OLD_TEMPORARY.test(name);
}

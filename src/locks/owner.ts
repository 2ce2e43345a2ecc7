import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * A process, told apart from all others that share a file system: its number, its start in clock ticks since boot, its
 * PID and time namespaces, and the boot. A number alone is given again, and every container has a process 1.
 */
const OWNER = /^(\d+)-(\d+)-(\d+-\d+-[0-9a-f-]{36})$/;

/** For a platform without a usable `/proc`: nothing can be proven about such an owner. */
const UNKNOWN = 'unknown';

let own: string | undefined;

/** This process. The text has digits, letters and `-` only, and at most 110 characters. */
export function thisOwner(): string {
  return (own ??= describeSelf());
}

/**
 * True only with proof: the owner ran under the same boot and in the same namespaces as this process, and no process
 * has its number now, or one with another start. A zombie counts as alive, since its threads may still be at work.
 */
export function isProvablyDead(owner: string): boolean {
  if (!isOfThisMachine(owner)) return false;
  const [, pid, start] = OWNER.exec(owner)!;
  if (!exists(Number(pid))) return true;
  const current = startOf(pid!);
  return current !== undefined && current !== start;
}

/** True when the owner ran under the same boot and in the same namespaces, so that this process can look for it. */
export function isOfThisMachine(owner: string): boolean {
  const place = OWNER.exec(owner)?.[3];
  return place !== undefined && place === OWNER.exec(thisOwner())?.[3];
}

/** True for a text that `thisOwner` may have made, in any process. */
function isOwner(text: string): boolean {
  return text === UNKNOWN || OWNER.test(text);
}

function describeSelf(): string {
  try {
    const { pid } = process;
    // Without a `/proc` of its own a container sees that of another PID namespace, with other numbers.
    if (!readFileSync('/proc/self/stat', 'utf8').startsWith(`${pid} `)) return UNKNOWN;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const owner = `${pid}-${startOf('self')}-${namespaceOf('pid')}-${namespaceOf('time')}-${boot}`;
    return OWNER.test(owner) ? owner : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/** Kernels before 5.6 have no time namespaces, and so one clock for all. */
function namespaceOf(kind: 'pid' | 'time'): string {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`).replace(/\D/g, '');
  } catch (error) {
    if (kind === 'time') return '0';
    throw error;
  }
}

/** Field 22 of `/proc/PID/stat`. Field 2, the name in parentheses, may hold spaces and parentheses itself. */
function startOf(pid: string): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Not asked of `/proc`, which may hide the processes of other users. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const TEMPORARY = /^\.statebag-([0-9a-z-]+)-[0-9a-f]{16}\.tmp$/;
const LOCK = /^\.statebag-[0-9a-f]{32}\.lock$/;
const CLAIM = /^\.statebag-[0-9a-f]{32}\.lock\.[0-9a-f]{32}$/;
/** How release 0.1.0 named the documents and the blobs that it was writing. */
const OLD_TEMPORARY = /^\.(.*\.statebag\.tmp|[0-9a-f-]{36}\.statebag-tmp)$/;

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

/** True for the name of a file in the making, of this release or of 0.1.0. */
export function isUnfinishedName(name: string): boolean {
  return ownerOfTemporary(name) !== undefined || OLD_TEMPORARY.test(name);
}

export function isLockName(name: string): boolean {
  return LOCK.test(name);
}

/** True for the unfinished files and locks of the tool, whichever process made them. */
export function isTemporaryName(name: string): boolean {
  return isUnfinishedName(name) || LOCK.test(name) || CLAIM.test(name);
}

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A process, as lock files and temporary files name it. Read from `/proc` here, without the code under test. */
interface Owner {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly start: string;
  readonly pidNamespace: string;
  readonly timeNamespace: string;
  readonly boot: string;
}

/** A number that no process has: beyond what any kernel gives out. */
export const DEAD_PROCESS = 99_999_999;

function thisProcess(): Owner {
  const text = readFileSync('/proc/self/stat', 'utf8');
  return {
    pid: process.pid,
    start: text.slice(text.lastIndexOf(')') + 2).split(' ')[19]!,
    pidNamespace: namespaceOf('pid'),
    timeNamespace: namespaceOf('time'),
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  };
}

function namespaceOf(kind: 'pid' | 'time'): string {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`).replace(/\D/g, '');
  } catch (error) {
    // Kernels before 5.6 have no time namespaces.
    if (kind === 'time') return '0';
    throw error;
  }
}

/** The text that names a process: this one, except for what is changed. A system without `/proc` has `unknown`. */
export function ownerWith(change: Partial<Owner> = {}): string {
  if (process.platform !== 'linux') return 'unknown';
  const { pid, start, pidNamespace, timeNamespace, boot } = { ...thisProcess(), ...change };
  return `${pid}-${start}-${pidNamespace}-${timeNamespace}-${boot}`;
}

/** The same process as this one, except for its number. */
export function deadOwner(): string {
  return ownerWith({ pid: DEAD_PROCESS });
}

/** The text of a lock file. */
export function lockText(owner: string, host = hostname(), token = randomBytes(16).toString('hex')): string {
  return `${owner.split('-')[0]} ${host} ${owner} ${token}\n`;
}

/** The text of a lock that a process of this machine held when it was killed. */
export function deadLock(): string {
  return lockText(deadOwner());
}

/** The lock of a file, in the directory of the file. */
export function lockPathOf(path: string): string {
  const digest = createHash('sha256').update(basename(path)).digest('hex').slice(0, 32);
  return join(dirname(path), `.statebag-${digest}.lock`);
}

/** The name of a file that a process is writing. */
export function temporaryNameOf(owner: string): string {
  return `.statebag-${owner}-${randomBytes(8).toString('hex')}.tmp`;
}

export function isTemporaryName(name: string): boolean {
  return /^\.statebag-[0-9a-z-]+-[0-9a-f]{16}\.tmp$/.test(name);
}

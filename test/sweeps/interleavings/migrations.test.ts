import { statSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'vitest';
import { deadLock, isTemporaryName, lockPathOf } from '../../locks/owners.js';
import { SUBJECTS } from './pair-world.js';
import type { PairWorld } from './pair-world.js';
import { BRIDGE, expectNoViolations, LEAN, LEAN_TOO, TIMEOUT } from './pairs.js';
import type { Role } from './schedules.js';

const { file, files, lines, object, row } = SUBJECTS;

const CASES = [
  ...[file, files, lines, object, row].map((subject) => ({ subject, runs: [LEAN, BRIDGE] as const })),
  ...[file, lines, object, row].map((subject) => ({ subject, runs: [BRIDGE, LEAN] as const })),
  ...[file, object, row].map((subject) => ({ subject, runs: [LEAN, LEAN_TOO] as const })),
].map((one) => ({ ...one, kinds: one.runs.map(({ target }) => target).join(' and ') }));

it.each(CASES)('two migrations, $kinds, never mix $subject.name', TIMEOUT, async ({ subject, runs, kinds }) => {
  await expectNoViolations(`${kinds}, ${subject.name}`, { subject, roles: runs, runs, isMigrated: true });
});

const staleLock = (world: PairWorld) => {
  writeFileSync(lockPathOf(join(world.source, 'a.json')), deadLock());
  return Promise.resolve();
};

it('two migrations that find the lock of a killed run never mix a file', TIMEOUT, async () => {
  const runs = [LEAN, BRIDGE] as const;
  const sweep = { subject: file, earlier: staleLock, roles: runs, runs, isMigrated: true };
  await expectNoViolations('lean and bridge, a stale lock, one file', sweep);
});

/** A program that replaces unfinished documents by empty files, and removes those later. Drafts of locks stay. */
const CLEANER: Role = {
  name: 'a cleaner',
  work: async (_, { source }) => {
    const paths = (await fs.readdir(source)).filter(isTemporaryName).map((name) => join(source, name));
    for (const path of paths) {
      const { size } = await fs.stat(path).catch(() => ({ size: 0 }));
      if (size < 1_000) continue;
      await fs.rm(path, { force: true });
      await fs.writeFile(path, '');
    }
    for (const path of paths) if (statSync(path, { throwIfNoEntry: false })?.size === 0) await fs.rm(path);
  },
};

it('a migration never renames a file that another program has put in place of its own', TIMEOUT, async () => {
  await expectNoViolations('lean, a program that replaces unfinished files', {
    subject: file,
    roles: [LEAN, CLEANER],
    runs: [],
    // Between the last looks at both names and the rename, no file system keeps another program out.
    isShared: ({ kind, path }, { source }) => path.startsWith(source) && kind !== 'rename' && kind !== 'stat',
    isMigrated: false,
    isLiving: true,
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The tests write and sync thousands of small files. In memory that costs a tenth. */
const IN_MEMORY = '/dev/shm';

/** The suites were seen to need less than half of it at once. Containers often have 64 MB. */
const NEEDED_BYTES = 2 ** 30;

/**
 * Variables for the workers of Vitest and the processes they start: a folder for the temporary files of this run, in
 * memory if possible. It is removed when the run ends.
 */
export function temporaryFiles(): { readonly TMPDIR: string } {
  const folder = makeFolder(IN_MEMORY, isUsable) ?? makeFolder(tmpdir(), () => true)!;
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return { TMPDIR: folder };
}

function makeFolder(parent: string, isGood: (folder: string) => boolean): string | undefined {
  try {
    const folder = mkdtempSync(join(parent, 'statebag-tests-'));
    // Some tests become another user.
    chmodSync(folder, 0o755);
    if (isGood(folder)) return folder;
    rmSync(folder, { recursive: true });
  } catch (error) {
    if (parent !== IN_MEMORY) throw error;
  }
  return undefined;
}

/** Large enough, and scripts may be executed there. */
function isUsable(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  const script = join(folder, 'probe');
  writeFileSync(script, '#!/bin/sh\n', { mode: 0o700 });
  return bavail * bsize >= NEEDED_BYTES && spawnSync(script).status === 0;
}

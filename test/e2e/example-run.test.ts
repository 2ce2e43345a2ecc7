import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../batch/world.js';
import { smallBag } from '../cli/fleet-dir.js';
import { digests } from '../cli/terminal.js';

const EXAMPLE = fileURLToPath(new URL('../../dist/examples/run/nightly.js', import.meta.url));

function nightly(directory: string) {
  return spawnSync(process.execPath, [EXAMPLE, 'bags'], { cwd: directory, encoding: 'utf8' });
}

function bags(): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'bags'));
  for (const at of [1, 2, 3])
    writeFileSync(join(directory, 'bags', `${at}.json`), smallBag({ idempotency_key: `owner-1#auto#wf-1#0${at}` }));
  return directory;
}

it('the example of a program that migrates and verifies says what it did, and ends with 0', () => {
  const directory = bags();
  const { status, stdout } = nightly(directory);
  expect(stdout).toBe('migrated 3 of 3\nverified 3 of 3\n');
  expect(status).toBe(0);
});

it('the example of a program that migrates names the document that was quarantined, and ends with 1', () => {
  const directory = bags();
  writeFileSync(join(directory, 'bags', '4.json'), '{oops');
  const { status, stdout, stderr } = nightly(directory);
  expect(stdout).toBe('migrated 3 of 4\nverified 3 of 3\n');
  expect(stderr).toContain('JSON_SYNTAX');
  expect(status).toBe(1);
});

it('the example of a program that migrates undoes its run when a document is not what it should be', () => {
  const directory = bags();
  const before = digests(join(directory, 'bags'));
  expect(nightly(directory).status).toBe(0);
  const path = join(directory, 'bags', '1.json');
  const lean = readFileSync(path);
  writeFileSync(path, `${lean.toString().trimEnd().slice(0, -1)},"edited":true}`);
  const { status, stdout } = nightly(directory);
  expect(stdout).toBe('migrated 0 of 3\nverified 2 of 3\nrolled back 2 of 3\n');
  expect(status).toBe(1);
  expect(digests(join(directory, 'bags'))['2.json']).toBe(before['2.json']);
});

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { USUAL_MIX } from '../../examples/fleet/variants/index.js';
import { writeFleet } from '../../examples/fleet/write-fleet.js';
import { digests } from '../cli/terminal.js';
import { temporaryDirectory } from '../batch/world.js';

const BIN = fileURLToPath(new URL('../../dist/cli/statebag.cjs', import.meta.url));
/** A run with JSON on standard output, over the documents of `ground`. */
export const MIGRATE = ['migrate', 'bags', '--store', 'store', '--journal', 'journal', '--apply', '--json', '--quiet'];

/** So many that a run over them is still in its midst when a test reacts to the first documents. */
export const MANY = 300;

/** A directory with example bags and one file that is no JSON. */
export function ground(bags = 120): string {
  const directory = temporaryDirectory();
  writeFleet(join(directory, 'bags'), makeFleet({ seed: 3, bags, workflows: 9, size: 'small', mix: USUAL_MIX }), {
    form: 'files',
    storeDir: join(directory, 'store'),
  });
  writeFileSync(join(directory, 'bags', 'broken.json'), '{');
  return directory;
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function start(directory: string, args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (code) => {
      resolve({ code, ...said });
    }),
  );
  return { child, ended };
}

export const run = (directory: string, args: readonly string[]) => start(directory, args).ended;

export interface Report {
  readonly inventory: Readonly<Record<string, number>>;
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string; readonly outcome: string }[];
}

export const reportOf = ({ out }: Ran) => JSON.parse(out) as Report;
export const bagsOf = (directory: string) => digests(join(directory, 'bags'));
/** How many documents have an intent in the journal. */
export const migrated = (directory: string) =>
  existsSync(join(directory, 'journal/journal.ndjson'))
    ? readFileSync(join(directory, 'journal/journal.ndjson'), 'utf8').split('"kind":"intent"').length - 1
    : 0;

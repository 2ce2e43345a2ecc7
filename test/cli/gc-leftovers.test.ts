import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { deadLock, deadOwner, lockPathOf, ownerWith, temporaryNameOf } from '../locks/owners.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const HOUR_SECONDS = 3600;
/** The clock of `statebag`. */
const NOW = Date.parse('2026-02-01T08:00:00.000Z') / 1000;
const OTHER_BOOT = '00000000-0000-4000-8000-000000000000';

function put(name: string, text: string, ageHours = 0): string {
  const path = join(scratch.dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const written = NOW - ageHours * HOUR_SECONDS;
  utimesSync(path, written, written);
  return path;
}

/** A store with the blobs of one bag. Resolves to the folder of its config blob. */
async function makeStore(): Promise<string> {
  put('src/bag.json', smallBag());
  await statebag(scratch.dir, ['migrate', 'src', '--store', 'store', '--journal', 'journal', '--apply']);
  const found = readdirSync(join(scratch.dir, 'store'), { recursive: true, encoding: 'utf8' });
  return join('store', dirname(found.find((name) => name.endsWith('config.json'))!));
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(scratch.dir, folder));
}

async function gc(...more: string[]) {
  const { code, out } = await statebag(scratch.dir, [
    'gc',
    '--no-journal',
    'src',
    '--store',
    'store',
    '--json',
    ...more,
  ]);
  return { code, ...(JSON.parse(out) as { totals: Record<string, number>; blobs: Record<string, unknown>[] }) };
}

// Without /proc nothing can be proven about the process that wrote a file.
it.skipIf(process.platform !== 'linux')(
  'gc lists and deletes the temporary files and locks of killed runs',
  async () => {
    const folder = await makeStore();
    const name = temporaryNameOf(deadOwner());
    put(join(folder, name), 'half of a blob');
    const other = join(dirname(folder), 'a'.repeat(64));
    put(join(other, temporaryNameOf(deadOwner())), 'half');
    put(lockPathOf(join(folder, 'config.json')), deadLock());

    const dry = await gc();
    expect([dry.code, dry.totals.leftovers, dry.totals.garbage, dry.totals.deleted]).toEqual([0, 3, 0, 0]);
    expect(dry.blobs.find(({ key }) => String(key).endsWith(name))).toMatchObject({
      key: join(folder, name).split('/').slice(2).join('/'),
      bytes: 14,
      outcome: 'garbage',
      leftover: true,
    });
    expect(filesIn(folder)).toHaveLength(3);

    const applied = await gc('--apply');
    expect([applied.code, applied.totals.leftovers, applied.totals.deleted, applied.totals.failed]).toEqual([
      0, 3, 0, 0,
    ]);
    expect([filesIn(folder), filesIn(other)]).toEqual([['config.json'], []]);
    expect((await gc('--apply')).totals).toMatchObject({ leftovers: 0, leftoverBytes: 0, live: 3 });
  },
);

it('gc deletes unfinished files of unknown writers after 48 hours, and none before', async () => {
  const folder = await makeStore();
  const elsewhere = () => join(folder, temporaryNameOf(ownerWith({ boot: OTHER_BOOT })));
  const ofOldRelease = (digit: string) => join(folder, `.${digit.repeat(8)}-0000-4000-8000-000000000000.statebag-tmp`);
  const young = [put(elsewhere(), 'x', 47), put(ofOldRelease('1'), 'x', 47)];
  const old = [put(elsewhere(), 'x', 49), put(ofOldRelease('2'), 'x', 49)];
  const { code, totals } = await gc('--apply');
  expect([code, totals.leftovers, totals.leftoverBytes]).toEqual([0, 2, 2]);
  expect([young.map(existsSync), old.map(existsSync)]).toEqual([
    [true, true],
    [false, false],
  ]);
});

it.skipIf(process.platform !== 'linux')(
  'gc leaves the file that a living process is writing, however old',
  async () => {
    const folder = await makeStore();
    const path = put(join(folder, temporaryNameOf(ownerWith())), 'x', 9_000);
    expect((await gc('--apply')).totals).toMatchObject({ leftovers: 0 });
    expect(existsSync(path)).toBe(true);
  },
);

it('gc deletes no leftover while a source cannot be read', async () => {
  const folder = await makeStore();
  const path = put(join(folder, temporaryNameOf(deadOwner())), 'x', 9_000);
  put('src/broken.json', '{');
  const { code, totals } = await gc('--apply');
  expect([code, totals.leftovers, existsSync(path)]).toEqual([1, 0, true]);
});

it('gc shows leftovers in its table only when there are any', async () => {
  const folder = await makeStore();
  const table = async () => (await statebag(scratch.dir, ['gc', '--no-journal', 'src', '--store', 'store'])).out;
  expect(await table()).not.toContain('leftovers');
  put(join(folder, temporaryNameOf(ownerWith({ boot: OTHER_BOOT }))), 'xx', 49);
  expect(await table()).toMatch(/leftovers +1 +2 B, unfinished files of killed runs\n/);
});

it.skipIf(process.platform !== 'linux')(
  'migrate removes what a killed run left next to a blob that is there',
  async () => {
    const folder = await makeStore();
    put(join(folder, temporaryNameOf(deadOwner())), 'half of a blob');
    put('later/bag.json', smallBag());
    const { code } = await statebag(scratch.dir, [
      'migrate',
      'later',
      '--store',
      'store',
      '--journal',
      'j2',
      '--apply',
    ]);
    expect([code, filesIn(folder)]).toEqual([0, ['config.json']]);
  },
);

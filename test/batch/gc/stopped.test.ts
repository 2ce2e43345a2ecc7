import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectGarbage, migrate } from 'statebag-shim/run';
import { expect, it } from 'vitest';
import { smallBag } from '../../cli/fleet-dir.js';
import { temporaryDirectory } from '../world.js';

/** A store whose blobs are old, of a bag that is gone. */
async function oldStore(): Promise<{ readonly store: string; readonly bags: string }> {
  const directory = temporaryDirectory();
  const [store, bags, live] = ['store', 'bags', 'live'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [bags, live]) mkdirSync(folder);
  writeFileSync(join(live, 'a.json'), smallBag());
  writeFileSync(join(bags, 'b.json'), '{}');
  await migrate({ sources: [live], store, journal: join(directory, 'j'), apply: true });
  for (const { parentPath, name } of readdirSync(store, { recursive: true, withFileTypes: true }))
    if (existsSync(join(parentPath, name))) utimesSync(join(parentPath, name), 1_600_000_000, 1_600_000_000);
  return { store, bags };
}

it('a collection that is stopped while it lists deletes nothing, and says what it did not read', async () => {
  const { store, bags } = await oldStore();
  const report = await collectGarbage(
    { store, sources: [bags], noJournal: true, apply: true },
    { stop: AbortSignal.abort() },
  );
  expect(report).toMatchObject({ garbage: 0, deleted: 0, inventory: { unreadable: 2 } });
  expect(report.blind.map(({ code }) => code)).toEqual(['RUN_STOPPED', 'RUN_STOPPED']);
  expect(await collectGarbage({ store, sources: [bags], noJournal: true, apply: true })).toMatchObject({
    deleted: 3,
    blind: [],
  });
});

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { putFleet, smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

beforeEach(() => {
  putFleet(scratch.dir, { variant: 'pre', bags: 12 });
});

interface Report {
  readonly totals: Record<string, number>;
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
}

async function migrate(
  ...more: string[]
): Promise<{ readonly code: number; readonly err: string; readonly report: Report }> {
  const { code, out, err } = await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--json', ...more]);
  return { code, err, report: JSON.parse(out) as Report };
}

const write = (name: string, text: string) => {
  writeFileSync(join(scratch.dir, 'bags', name), text);
};

describe('which documents a run takes', () => {
  it('are no more than --limit', async () => {
    const { code, report } = await migrate('--apply', '--limit', '5');
    expect(code).toBe(0);
    expect(report.totals).toMatchObject({ documents: 5, migrated: 5, notStarted: 0 });
    expect(report.documents).toHaveLength(5);
  });

  it('are counted by --limit only when --where lets them pass', async () => {
    write('zz-mine.json', smallBag({ ownerId: 'me' }));
    const { report } = await migrate('--limit', '1', '--where', 'ownerId=me');
    expect(report.documents.map(({ id }) => id)).toEqual([join(scratch.dir, 'bags', 'zz-mine.json')]);
  });

  it('are parts that together are everything, once, with --shard', async () => {
    const parts = await Promise.all(['1/3', '2/3', '3/3'].map((shard) => migrate('--shard', shard)));
    const ids = parts.flatMap(({ report }) => report.documents.map(({ id }) => id));
    expect(ids.sort()).toEqual(readdirSync(join(scratch.dir, 'bags')).map((name) => join(scratch.dir, 'bags', name)));
    expect(parts.every(({ report }) => report.documents.length < 12)).toBe(true);
  });

  it('are those with the members that --where asks for', async () => {
    write('mine.json', smallBag({ ownerId: 'me', loop_counter: 3 }));
    write('mine-too.json', smallBag({ ownerId: 'me' }));
    write('torn.json', '{');
    expect((await migrate('--where', 'ownerId=me')).report.documents.map(({ id }) => id)).toContain(
      join(scratch.dir, 'bags', 'mine-too.json'),
    );
    const both = (await migrate('--where', 'ownerId=me', '--where', 'loop_counter=3')).report;
    expect(both.documents.filter(({ outcome }) => outcome === 'migrated').map(({ id }) => id)).toEqual([
      join(scratch.dir, 'bags', 'mine.json'),
    ]);
  });

  it('are compared with --where as their members are spelled', async () => {
    const spelled = (id: string) => smallBag().replace('"ownerId":"owner-1"', `"ownerId":${id}`);
    for (const id of ['9007199254740992', '9007199254740993', '7', '7.0', '"7\\u002e0"'])
      write(`id-${id.replaceAll(/[^\w.]/g, '')}.json`, spelled(id));
    const taken = async (condition: string) =>
      (await migrate('--where', condition)).report.documents
        .filter(({ outcome }) => outcome !== 'skipped')
        .map(({ id, outcome, code }) => [id.slice(id.lastIndexOf('/') + 1), code ?? outcome]);
    expect(await taken('ownerId=9007199254740993')).toEqual([['id-9007199254740993.json', 'ID_INVALID']]);
    expect(await taken('ownerId=9007199254740992')).toEqual([['id-9007199254740992.json', 'ID_INVALID']]);
    expect(await taken('ownerId=7')).toEqual([['id-7.json', 'BAG_INVALID']]);
    expect(await taken('ownerId=7.0')).toEqual([
      ['id-7.0.json', 'ID_INVALID'],
      ['id-7u002e0.json', 'migrated'],
    ]);
    expect(await taken('max_loop=undefined')).toEqual([]);
  });

  it('are only the failed ones of the journal with --only-failed', async () => {
    write('torn.json', '{');
    expect((await migrate('--apply')).report.totals).toMatchObject({ migrated: 12, quarantined: 1 });
    write('torn.json', smallBag());
    write('new.json', smallBag());
    const { code, report } = await migrate('--apply', '--only-failed');
    expect(code).toBe(0);
    expect(report.documents).toEqual([
      expect.objectContaining({ id: join(scratch.dir, 'bags', 'torn.json'), outcome: 'migrated' }),
    ]);
    expect(readFileSync(join(scratch.dir, 'bags', 'new.json'), 'utf8')).toBe(smallBag());
  });
});

describe('--max-failures', () => {
  it('stops a run that goes wrong, and says how to go on', async () => {
    for (let at = 0; at < 10; at++) write(`000000-${at}.json`, '{');
    const { code, report, err } = await migrate('--apply', '--max-failures', '3', '--concurrency', '1');
    expect(code).toBe(1);
    expect(report.totals).toMatchObject({ quarantined: 4, notStarted: 18, migrated: 0 });
    expect(report.documents.filter(({ outcome }) => outcome === 'not-started')).toHaveLength(18);
    expect(err).toContain(
      'stopped: the number of failed and quarantined documents exceeded --max-failures; to go on: statebag migrate bags --store store --json --apply --max-failures 3 --concurrency 1',
    );
  });

  it('lets a share of failures pass', async () => {
    write('torn.json', '{');
    const { code, report } = await migrate('--apply', '--max-failures', '50%');
    expect(code).toBe(1);
    expect(report.totals).toMatchObject({ migrated: 12, quarantined: 1, notStarted: 0 });
  });
});

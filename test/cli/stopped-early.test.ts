import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pausedRow } from '../batch/rows.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { TableState } from '../fakes/table-state.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';
import type { Ran } from './terminal.js';

const scratch = useScratch();
const STORE = ['--store', 'store', '--journal', 'j'];

interface Report {
  readonly complete: boolean;
  readonly unlisted?: boolean;
  readonly totals: Readonly<Record<string, number>>;
}

const reportOf = ({ out }: Ran) => JSON.parse(out) as Report;

describe('a run over a table that SIGINT ends while the second page is listed', () => {
  let server: DynamoDbServer;
  let onScan: (scans: number) => void;
  beforeEach(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    const state = new TableState('Tokens');
    // A page has 1 MB.
    for (let at = 0; at < 6; at++) state.put(pausedRow(`e${at}`, 'map', { size: 300_000 }));
    let scans = 0;
    onScan = () => undefined;
    server = await startDynamoDbServer({
      tables: [state],
      fault: ({ operation }) => {
        if (operation === 'Scan') onScan(++scans);
        return undefined;
      },
    });
  });
  afterEach(() => server.stop());

  const run = (...args: readonly string[]) =>
    statebag(
      scratch.dir,
      [...args, 'dynamodb://Tokens', '--dynamodb-endpoint', server.endpoint, '--region', 'eu-central-1'],
      {
        onStart: (send) => {
          onScan = (scans) => {
            if (scans === 2) send('SIGINT');
          };
        },
      },
    );

  it.each([
    ['migrate --apply', ['migrate', ...STORE, '--apply']],
    ['a dry run of migrate', ['migrate', ...STORE]],
    ['inspect', ['inspect']],
  ])('%s exits with 1 and says that the listing was not finished', async (_, args) => {
    const { code, out } = await run(...args);
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /^stopped early +at least \d+ +not started, and the listing was not finished: there may be more$/m,
      ),
    ]);
  });

  it.each([
    ['migrate --apply', ['migrate', ...STORE, '--apply']],
    ['inspect', ['inspect']],
  ])('%s has complete: false and unlisted: true in --json', async (_, args) => {
    const ran = await run(...args, '--json');
    expect([ran.code, reportOf(ran)]).toMatchObject([1, { complete: false, unlisted: true }]);
    expect(reportOf(ran).totals.documents).toBeLessThan(6);
  });
});

describe('a run over files that SIGINT ends before the first document', () => {
  beforeEach(() => {
    mkdirSync(join(scratch.dir, 'bags'));
    for (const name of ['a', 'b', 'c']) writeFileSync(join(scratch.dir, 'bags', `${name}.json`), smallBag());
  });

  const stopped = (...args: readonly string[]) => statebag(scratch.dir, args, { signals: ['SIGINT'] });

  it.each([
    ['migrate --apply', ['migrate', 'bags', ...STORE, '--apply']],
    ['a dry run of migrate', ['migrate', 'bags', ...STORE]],
    ['inspect', ['inspect', 'bags']],
  ])('%s exits with 1 and says how many were not started', async (_, args) => {
    const { code, out } = await stopped(...args);
    expect([code, out]).toEqual([1, expect.stringMatching(/^stopped early +3 +not started$/m)]);
  });

  it('rollback exits with 1 and says how many were not started, with and without --apply', async () => {
    await statebag(scratch.dir, ['migrate', 'bags', ...STORE, '--apply']);
    for (const more of [[], ['--apply']]) {
      const { code, out } = await stopped('rollback', '--journal', 'j', ...more);
      expect([code, out]).toEqual([1, expect.stringMatching(/^not started +3 +stopped early$/m)]);
    }
  });

  it('inspect does not ask for a store when the documents were not started', async () => {
    const { out } = await stopped('inspect', 'bags');
    expect(out).toMatch(/^not known +3 +not started, or with pointers that need --store$/m);
  });
});

describe('a run that SIGINT reaches when its last document is in hand', () => {
  it('exits with 1, and status says that no listed document is left', async () => {
    mkdirSync(join(scratch.dir, 'bags'));
    writeFileSync(join(scratch.dir, 'bags', 'a.json'), smallBag());
    let send: (signal: 'SIGINT') => void = () => undefined;
    const { code, out } = await statebag(scratch.dir, ['migrate', 'bags', ...STORE, '--apply', '--json'], {
      onStart: (given) => (send = given),
      get now() {
        // The clock is asked for the time of the intent, when the document is in hand.
        send('SIGINT');
        return new Date('2026-02-01T08:00:00.000Z');
      },
    });
    expect([code, JSON.parse(out)]).toMatchObject([1, { complete: false, totals: { migrated: 1, notStarted: 0 } }]);
    const status = await statebag(scratch.dir, ['status', '--journal', 'j']);
    expect([status.code, status.out]).toEqual([
      1,
      expect.stringContaining('stopped early: no document that was listed is left; to continue: statebag migrate '),
    ]);
  });
});

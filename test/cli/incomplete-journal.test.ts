import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { endEntry, migrated, putBags, resultEntry, runEntry, writeJournal } from './journal-file.js';
import { digests, statebag, useScratch } from './terminal.js';

type Json = Readonly<Record<string, unknown>>;

const scratch = useScratch();
const at = (...parts: readonly string[]) => join(scratch.dir, ...parts);
const file = () => at('j', 'journal.ndjson');
const entries = () =>
  readFileSync(file(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
const edit = (change: (all: readonly Json[]) => readonly Json[]) => {
  writeJournal(at('j'), change(entries()));
};
const loseAllOf = (doc: string) => {
  edit((all) => all.filter((entry) => entry.doc !== at(doc)));
};
const migrate = (...more: readonly string[]) =>
  statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--journal', 'j', '--apply', ...more]);

async function json(...args: readonly string[]): Promise<readonly [number, Json]> {
  const { code, out } = await statebag(scratch.dir, [...args, '--json']);
  return [code, JSON.parse(out) as Json];
}

/** Two bags that are migrated, and one that is quarantined. */
beforeEach(() => {
  putBags(at('bags'), [smallBag({ workflowId: 'wf-1' }), smallBag({ workflowId: 'wf-2' }), '{"n":']);
});

const RUN = expect.any(String) as unknown;
const lost = (figure: string, written: number, found: number) => ({
  code: 'JOURNAL_INCOMPLETE',
  run: RUN,
  at: RUN,
  figure,
  written,
  found,
});

describe('a journal that has lost every line of one migrated document', () => {
  beforeEach(async () => {
    await migrate();
    loseAllOf('bags/2.json');
  });

  const discrepancies = [lost('intent', 2, 1), lost('migrated', 2, 1)];

  it('is not sound for journal check, which names the run, the figures and the next step', async () => {
    expect(await json('journal', 'check', 'j')).toMatchObject([1, { isSound: false, damaged: [], discrepancies }]);
    const { code, out } = await statebag(scratch.dir, ['journal', 'check', 'j']);
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /^JOURNAL_INCOMPLETE: run \S+ ended at \S+, and the journal has 1 of 2 intents, 1 of 2 migrated; restore it from a copy, or see: statebag explain JOURNAL_INCOMPLETE$/m,
      ),
    ]);
    expect(out).toContain('Restore the journal from a copy if there is one.');
  });

  it.each(['status', 'report', 'verify'])(
    'makes %s end with exit code 1, also with nothing else to say',
    async (command) => {
      // The quarantined document would be a reason of its own.
      loseAllOf('bags/3.json');
      expect(await json(command, '--journal', 'j')).toMatchObject([
        1,
        { discrepancies: [...discrepancies, lost('quarantined', 1, 0)] },
      ]);
      const { code, out } = await statebag(scratch.dir, [command, '--journal', 'j']);
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(/^journal incomplete +3 +entries are missing or too many/m),
      ]);
    },
  );

  it('makes rollback end with exit code 1 after it restored what the journal has', async () => {
    const before = digests(at('bags'));
    const [code, report] = await json('rollback', '--journal', 'j', '--apply');
    expect([code, report]).toMatchObject([1, { totals: { documents: 1, rolledBack: 1, failed: 0 }, discrepancies }]);
    expect(digests(at('bags'))['1.json']).not.toBe(before['1.json']);
    const again = await statebag(scratch.dir, ['rollback', '--journal', 'j']);
    expect([again.code, again.out]).toEqual([1, expect.stringMatching(/^journal incomplete +2 /m)]);
  });

  it('proves no garbage to gc', async () => {
    mkdirSync(at('rest'));
    writeFileSync(at('rest/a.json'), '{"a":1}');
    expect(await json('gc', 'rest', '--store', 'store', '--journal', 'j')).toMatchObject([
      1,
      { proven: false, unreadable: [{ id: at('j'), code: 'JOURNAL_INCOMPLETE' }] },
    ]);
  });

  it('is reported by a further migration, and by a migration that verifies', async () => {
    expect(await json(...['migrate', 'bags', '--store', 'store', '--journal', 'j', '--apply'])).toMatchObject([
      1,
      { discrepancies },
    ]);
    writeFileSync(at('bags/3.json'), '{}');
    const verified = ['migrate', 'bags', '--store', 'store', '--journal', 'j', '--apply', '--verify'];
    expect(await json(...verified)).toMatchObject([1, { totals: { quarantined: 0, failed: 0 }, discrepancies }]);
  });

  it('writes the figures on the page of report --html', async () => {
    const { code, out } = await statebag(scratch.dir, ['report', '--journal', 'j', '--html', '-']);
    expect([code, out]).toEqual([1, expect.stringContaining('1 of 2 intents')]);
  });
});

describe('a journal of several runs', () => {
  const status = async () => (await json('status', '--journal', 'j'))[1].discrepancies;

  it('adds up after repeated, partial, rolled back and repaired runs', async () => {
    await migrate('--limit', '1');
    expect(await status()).toEqual([]);
    await migrate();
    await statebag(scratch.dir, ['rollback', '--journal', 'j', '--limit', '1', '--apply']);
    await migrate('--only-failed');
    writeFileSync(at('bags/3.json'), smallBag({ workflowId: 'wf-3' }));
    await migrate();
    await statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply']);
    expect(entries().filter(({ kind }) => kind === 'end').length).toBeGreaterThanOrEqual(5);
    expect(await json('journal', 'check', 'j')).toMatchObject([0, { isSound: true, discrepancies: [] }]);
    expect(await status()).toEqual([]);
  });

  it('adds up when a run left an unpublished copy of lines', async () => {
    writeFileSync(at('export.ndjson'), `${smallBag()}\n${smallBag({ workflowId: 'wf-2' })}\n`);
    const copies = ['migrate', 'export.ndjson', '--store', 'store', '--journal', 'j', '--out', 'copies', '--apply'];
    await statebag(scratch.dir, [...copies, '--limit', '1']);
    expect(entries().map(({ outcome }) => outcome)).toContain('not-started');
    expect(await json('journal', 'check', 'j')).toMatchObject([0, { damaged: [], discrepancies: [] }]);
  });

  it('shows with the next run that a whole run is missing', async () => {
    await migrate('--limit', '1');
    const [first] = entries();
    await migrate();
    edit((all) => all.filter(({ run }) => run !== first!.run));
    expect(await status()).toEqual([lost('earlier', 4, 0)]);
    const { out } = await statebag(scratch.dir, ['journal', 'check', 'j']);
    expect(out).toContain('the journal has 0 of 4 entries of earlier runs;');
  });

  it('shows with the next run what a killed run has lost', async () => {
    await migrate();
    const killed = entries().filter(({ kind }) => kind !== 'end');
    edit(() => killed);
    writeFileSync(at('bags/4.json'), smallBag({ workflowId: 'wf-4' }));
    await migrate();
    expect(await status()).toEqual([]);
    const doc = killed.find(({ kind, outcome }) => kind === 'result' && outcome === 'migrated')!.doc as string;
    edit((all) => all.filter((entry) => entry.doc !== doc));
    expect(await status()).toEqual([lost('earlier', 6, 4)]);
  });

  it('says of a missing document only where it was, and not of the runs after it', async () => {
    await migrate();
    writeFileSync(at('bags/4.json'), smallBag({ workflowId: 'wf-4' }));
    await migrate();
    const [first] = entries();
    edit((all) => all.filter(({ doc, run }) => doc !== at('bags/1.json') || run !== first!.run));
    expect(await status()).toEqual([lost('intent', 2, 1), lost('migrated', 2, 1)]);
  });

  it('does not add up when an entry is there twice', async () => {
    await migrate();
    edit((all) => all.flatMap((entry) => (entry.outcome === 'quarantined' ? [entry, entry] : [entry])));
    expect(await status()).toEqual([lost('quarantined', 1, 2)]);
  });
});

describe('a journal whose figures add up', () => {
  it.each(['intent', 'migrated', 'quarantined'])(
    'is incomplete when an entry was lost and one like it is there twice: %s',
    async (figure) => {
      writeFileSync(at('bags/4.json'), '{"m":');
      await migrate();
      const { run } = entries()[0]!;
      edit((all) => {
        const [first, second] = all.filter(({ kind, outcome }) => (outcome ?? kind) === figure);
        return all.map((entry) => (entry === first ? second! : entry));
      });
      for (const command of [['journal', 'check', 'j'], ...['status', 'verify'].map((one) => [one, '--journal', 'j'])])
        expect(await json(...command)).toMatchObject([1, { discrepancies: [{ ...lost('replaced', 0, 1), run }] }]);
      const { out } = await statebag(scratch.dir, ['journal', 'check', 'j']);
      expect(out).toContain('and the journal has other entries than the run has written, in the same number;');
    },
  );

  it.each(['result', 'end'])('is incomplete when a line follows the end of its run: %s', async (kind) => {
    rmSync(at('bags/3.json'));
    await migrate();
    expect(await json('status', '--journal', 'j')).toMatchObject([0, { discrepancies: [] }]);
    edit((all) => [...all, all.find((entry) => entry.kind === kind)!]);
    expect(await json('status', '--journal', 'j')).toMatchObject([1, { discrepancies: [lost('late', 0, 1)] }]);
    expect(await json('journal', 'check', 'j')).toMatchObject([1, { discrepancies: [lost('late', 0, 1)] }]);
    edit((all) => [...all, all.at(-1)!]);
    expect(await json('status', '--journal', 'j')).toMatchObject([1, { discrepancies: [lost('late', 0, 2)] }]);
    const { out } = await statebag(scratch.dir, ['journal', 'check', 'j']);
    expect(out).toContain('and the journal has 2 entries of the run after its end;');
  });
});

describe('a journal with a damaged line', () => {
  it('has no discrepancy that the damage explains, and one that it does not', async () => {
    await migrate();
    const all = entries().map((entry) => JSON.stringify(entry));
    const first = all.findIndex((line) => line.includes('"outcome":"migrated"'));
    const spoilt = all.map((line, index) => (index === first ? '#' : line));
    writeFileSync(file(), `${spoilt.join('\n')}\n`);
    expect(await json('journal', 'check', 'j')).toMatchObject([
      1,
      { damaged: [{ line: first + 1 }], discrepancies: [] },
    ]);
    const last = spoilt.findLastIndex((line) => line.includes('"outcome":"migrated"'));
    writeFileSync(file(), `${spoilt.filter((_, index) => index !== last).join('\n')}\n`);
    expect(await json('journal', 'check', 'j')).toMatchObject([1, { discrepancies: [lost('migrated', 2, 0)] }]);
  });
});

describe('a journal whose runs did not count their entries', () => {
  const inventory = { read: 2, skipped: 0, unreadable: 0, empty: 0 };
  const documents = [...migrated('a.json', 10, 5), resultEntry('b.json', { outcome: 'unchanged' })];

  it('is compared by the migrated documents of a run with an inventory', async () => {
    writeJournal(at('j'), [runEntry(), ...documents, endEntry({ totals: { documents: 3, migrated: 2 }, inventory })]);
    expect(await json('status', '--journal', 'j')).toMatchObject([1, { discrepancies: [lost('migrated', 2, 1)] }]);
    writeJournal(at('j'), [runEntry(), ...documents, endEntry({ totals: { documents: 9, migrated: 1 }, inventory })]);
    expect(await json('status', '--journal', 'j')).toMatchObject([0, { discrepancies: [] }]);
  });

  it('is not compared when release 0.1.0 wrote it, because that had no inventory', async () => {
    writeJournal(at('j'), [runEntry(), ...documents, endEntry({ totals: { documents: 3, migrated: 2 } })]);
    expect(await json('status', '--journal', 'j')).toMatchObject([0, { discrepancies: [] }]);
  });
});

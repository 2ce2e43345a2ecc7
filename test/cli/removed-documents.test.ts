import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { endEntry, migrated, putBags, runEntry, writeJournal } from './journal-file.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const at = (...parts: readonly string[]) => join(scratch.dir, ...parts);
const journal = () => readFileSync(at('j', 'journal.ndjson'), 'utf8');
const migrate = (...args: readonly string[]) =>
  statebag(scratch.dir, ['migrate', ...args, '--store', 'store', '--journal', 'j', '--apply']);

interface Status {
  readonly totals: Readonly<Record<string, number>>;
  readonly findings: readonly { readonly id: string }[];
}

async function status(): Promise<Status & { readonly code: number }> {
  const { code, out } = await statebag(scratch.dir, ['status', '--journal', 'j', '--json']);
  return { code, ...(JSON.parse(out) as Status) };
}

/** One bag that is migrated, and two documents that are quarantined. */
beforeEach(async () => {
  putBags(at('bags'), [smallBag({ workflowId: 'wf-1' }), '{"n":', '{"m":']);
  await migrate('bags');
});

describe('a quarantined document that was removed', () => {
  beforeEach(() => {
    rmSync(at('bags/2.json'));
  });

  it('needs attention until a complete run does not see it, and status says how to get there', async () => {
    rmSync(at('bags/3.json'));
    expect(await status()).toMatchObject({ code: 1, totals: { documents: 3, quarantined: 2, gone: 0 } });
    const { out } = await statebag(scratch.dir, ['status', '--journal', 'j']);
    expect(out).toMatch(
      /^quarantined +2 +correct or remove them, then run migrate again over the whole source; a complete run settles what is gone$/m,
    );
    await migrate('bags');
    expect(await status()).toMatchObject({
      code: 0,
      findings: [],
      totals: { documents: 3, migrated: 1, quarantined: 0, gone: 2 },
    });
    const settled = await statebag(scratch.dir, ['status', '--journal', 'j']);
    expect(settled.out).toMatch(/^gone +2 +failed or were quarantined, and a later complete run did not see them$/m);
    expect((await statebag(scratch.dir, ['journal', 'check', 'j'])).code).toBe(0);
    const before = journal();
    await migrate('bags');
    expect(journal()).toBe(before);
  });

  it('is gone beside one that is still there, which is named again', async () => {
    await migrate('bags');
    expect(await status()).toMatchObject({
      code: 1,
      findings: [{ id: at('bags/3.json') }],
      totals: { documents: 3, quarantined: 1, gone: 1 },
    });
  });

  it('is gone too when the run has something to migrate', async () => {
    writeFileSync(at('bags/4.json'), smallBag({ workflowId: 'wf-4' }));
    await migrate('bags');
    expect(await status()).toMatchObject({ totals: { documents: 4, migrated: 2, quarantined: 1, gone: 1 } });
  });

  it('needs attention again when it comes back', async () => {
    await migrate('bags');
    writeFileSync(at('bags/2.json'), '{"n":');
    await migrate('bags');
    expect(await status()).toMatchObject({ code: 1, totals: { documents: 3, quarantined: 2, gone: 0 } });
  });

  it.each([
    ['of another source', ['other']],
    ['with --limit', ['bags', '--limit', '1']],
    ['with --where', ['bags', '--where', 'ownerId=owner-1']],
    ['with --ignore', ['bags', '--ignore', '2.json']],
    ['with --shard', ['bags', '--shard', '1/2']],
    ['with --only-failed', ['bags', '--only-failed']],
  ])('stays a finding after a run %s', async (_, args) => {
    mkdirSync(at('other'));
    writeFileSync(at('other/5.json'), smallBag({ workflowId: 'wf-5' }));
    await migrate(...args);
    expect(await status()).toMatchObject({ code: 1, totals: { quarantined: 2, gone: 0 } });
  });
});

describe('a quarantined line that was removed', () => {
  it('is gone after a complete run, and the lines that moved up are not', async () => {
    const bag = (n: number) => smallBag({ workflowId: `wf-${n}` });
    writeFileSync(at('export.ndjson'), `${bag(5)}\n{"n":\n{"m":\n${bag(6)}\n`);
    await migrate('export.ndjson');
    expect(await status()).toMatchObject({ totals: { migrated: 3, quarantined: 4, gone: 0 } });
    const lines = readFileSync(at('export.ndjson'), 'utf8').split('\n');
    writeFileSync(at('export.ndjson'), lines.filter((line) => line !== '{"n":').join('\n'));
    await migrate('export.ndjson');
    expect(await status()).toMatchObject({
      totals: { migrated: 3, quarantined: 3 },
    });
    const { findings } = await status();
    const ids = [at('bags/2.json'), at('bags/3.json'), `${at('export.ndjson')}#L2`];
    expect(findings.map(({ id }) => id).sort()).toEqual(ids.sort());
  });
});

describe('a document of a killed run that was removed', () => {
  it('is unsettled until a complete run does not see it', async () => {
    const isIntent = (line: string) => line.includes('"kind":"run"') || line.includes('"kind":"intent"');
    writeFileSync(at('j', 'journal.ndjson'), `${journal().split('\n').filter(isIntent).join('\n')}\n`);
    for (const name of ['1', '2', '3']) rmSync(at(`bags/${name}.json`));
    writeFileSync(at('bags/4.json'), smallBag({ workflowId: 'wf-4' }));
    expect(await status()).toMatchObject({ code: 1, totals: { documents: 1, unsettled: 1 } });
    await migrate('bags');
    expect(await status()).toMatchObject({ code: 0, totals: { documents: 2, migrated: 1, unsettled: 0, gone: 1 } });
  });
});

describe('a migrated document that fails later and is removed then', () => {
  it('counts as migrated after a complete run that does not see it', async () => {
    for (const name of ['2', '3']) rmSync(at(`bags/${name}.json`));
    writeFileSync(at('bags/4.json'), '{}');
    writeFileSync(at('bags/1.json'), '{"n":');
    await migrate('bags');
    expect(await status()).toMatchObject({ code: 1, totals: { migrated: 0, quarantined: 1, gone: 2 } });
    rmSync(at('bags/1.json'));
    await migrate('bags');
    expect(await status()).toMatchObject({ code: 0, totals: { migrated: 1, quarantined: 0, gone: 2 } });
  });
});

describe('a document of standard input', () => {
  it('does not count as gone when standard input has other documents the next time', async () => {
    const args = ['migrate', '-', '--out', '-', '--store', 'store', '--journal', 'stream', '--apply'];
    await statebag(scratch.dir, args, { stdin: '{}\n{}\n{"n":\n' });
    await statebag(scratch.dir, args, { stdin: `${smallBag()}\n` });
    const { code, out } = await statebag(scratch.dir, ['status', '--journal', 'stream', '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([1, { totals: { quarantined: 1, gone: 0 } }]);
  });
});

describe('a source that is empty, as a disk that is not mounted', () => {
  beforeEach(() => {
    renameSync(at('bags'), at('away'));
    mkdirSync(at('bags'));
  });

  it('settles no document of earlier runs with --allow-empty, and a run over it writes nothing', async () => {
    const before = journal();
    expect((await migrate('bags', '--allow-empty')).code).toBe(0);
    expect(journal()).toBe(before);
    expect(await status()).toMatchObject({ code: 1, totals: { documents: 3, migrated: 1, quarantined: 2, gone: 0 } });
  });

  it('settles no document of earlier runs when another source has documents', async () => {
    mkdirSync(at('other'));
    writeFileSync(at('other/5.json'), smallBag({ workflowId: 'wf-5' }));
    expect((await migrate('bags', 'other', '--allow-empty')).code).toBe(0);
    expect(await status()).toMatchObject({ code: 1, totals: { documents: 4, migrated: 2, quarantined: 2, gone: 0 } });
  });

  it('does not make up for a run that was stopped', async () => {
    writeFileSync(at('bags/1.json'), smallBag({ workflowId: 'wf-1' }));
    writeFileSync(at('bags/2.json'), smallBag({ workflowId: 'wf-2' }));
    const args = ['bags', '--store', 'store', '--journal', 'k', '--apply'];
    await statebag(scratch.dir, ['migrate', ...args, '--limit', '1']);
    rmSync(at('bags'), { recursive: true });
    mkdirSync(at('bags'));
    await statebag(scratch.dir, ['migrate', ...args, '--allow-empty']);
    const { code, out } = await statebag(scratch.dir, ['status', '--journal', 'k', '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([1, { unfinished: [{ kind: 'stopped' }] }]);
  });

  it.each([
    [0, 1],
    [1, 0],
  ])(
    'decides by the documents that a run has read whether it makes up for an earlier one: %s read, exit code %s',
    async (n, code) => {
      const notStarted = { documents: 1, containers: 0, unread: 0, unlisted: false };
      const again = { run: 'r-2' };
      writeJournal(at('k'), [
        runEntry(),
        ...migrated('bags/1.json', 10, 5),
        endEntry({ complete: false, notStarted }),
        runEntry({ ...again, options: { allowEmpty: true } }),
        endEntry({ ...again, totals: { documents: n } }),
      ]);
      expect((await statebag(scratch.dir, ['status', '--journal', 'k'])).code).toBe(code);
    },
  );

  it('is made up for by --allow-empty when the run before it found the same', async () => {
    writeFileSync(at('bags/empty.ndjson'), '');
    const args = ['bags', '--store', 'store', '--journal', 'k', '--apply'];
    expect((await statebag(scratch.dir, ['migrate', ...args])).code).toBe(1);
    expect((await statebag(scratch.dir, ['status', '--journal', 'k'])).code).toBe(1);
    expect((await statebag(scratch.dir, ['migrate', ...args, '--allow-empty'])).code).toBe(0);
    expect((await statebag(scratch.dir, ['status', '--journal', 'k'])).code).toBe(0);
  });
});

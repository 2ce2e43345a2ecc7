import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { putBags } from './journal-file.js';
import { digests, statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const JOURNAL = ['--journal', 'j'];
const SKIP = '--skip-damaged';
let originals: Record<string, string>;

beforeEach(async () => {
  putBags(
    join(scratch.dir, 'bags'),
    [1, 2, 3].map((at) => smallBag({ workflowId: `wf-${at}` })),
  );
  originals = digests(join(scratch.dir, 'bags'));
  await migrate();
});

const migrate = (...more: string[]) =>
  statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply', '--concurrency', '1', ...JOURNAL, ...more]);
const file = () => join(scratch.dir, 'j', 'journal.ndjson');
const lines = () => readFileSync(file(), 'latin1').split('\n');
/** 0-based line of the n-th entry of a kind. */
const lineOf = (kind: string, nth = 0) =>
  lines().flatMap((line, at) => (line.includes(`"kind":"${kind}"`) ? [at] : []))[nth]!;
const offsetOf = (at: number) => lines().slice(0, at).join('\n').length + 1;

/** Changes one line and keeps its length. Returns its offset in bytes. */
function damage(at: number, change: (line: string) => string): number {
  const offset = offsetOf(at);
  writeFileSync(
    file(),
    lines()
      .map((line, index) => (index === at ? change(line) : line))
      .join('\n'),
    'latin1',
  );
  return offset;
}

const ZEROS = (line: string) => '\0'.repeat(line.length);
const FLIPPED = (line: string) => line.replace('"kind"', '"kinf"');

async function json(args: readonly string[]) {
  const { code, out } = await statebag(scratch.dir, [...args, '--json']);
  return { code, report: JSON.parse(out) as Record<string, unknown> };
}

describe('a journal in which the result of one of three documents is damaged', () => {
  it.each([
    ['zero bytes', ZEROS, 'it has', 'JOURNAL_CORRUPT'],
    ['a flipped byte in the name of a member', FLIPPED, 'it is not a journal entry', 'JOURNAL_INVALID'],
  ])('is refused without --skip-damaged and read with it: %s', async (_, change, problem, refusal) => {
    const at = lineOf('result', 1);
    const length = lines()[at]!.length;
    const offset = damage(at, change);
    for (const command of ['status', 'report', 'verify', 'rollback']) {
      const { code, err } = await statebag(scratch.dir, [command, ...JOURNAL]);
      expect([command, code > 0, err]).toEqual([command, true, expect.stringContaining(refusal)]);
    }
    const damaged = [{ line: at + 1, offset, length, problem: expect.stringContaining(problem) as string }];
    const status = await json(['status', ...JOURNAL, SKIP]);
    expect(status).toMatchObject({ code: 1, report: { damaged, totals: { documents: 3, migrated: 2, unsettled: 1 } } });
    expect((await statebag(scratch.dir, ['status', ...JOURNAL, SKIP])).out).toMatch(/^damaged +1 /m);
    expect(await json(['report', ...JOURNAL, SKIP])).toMatchObject({ code: 1, report: { damaged } });
    const page = await statebag(scratch.dir, ['report', ...JOURNAL, SKIP, '--html', '-']);
    expect([page.code, page.out]).toEqual([1, expect.stringContaining('damaged: 1 lines')]);
    expect(await json(['verify', ...JOURNAL, SKIP])).toMatchObject({
      code: 1,
      report: { damaged, totals: { documents: 3, verified: 3 } },
    });
    const rolledBack = await json(['rollback', ...JOURNAL, SKIP, '--apply']);
    expect(rolledBack).toMatchObject({ code: 1, report: { damaged, totals: { rolledBack: 3, failed: 0 } } });
    expect(digests(join(scratch.dir, 'bags'))).toEqual(originals);
  });

  it('takes a further migration with --skip-damaged', async () => {
    damage(lineOf('result', 1), ZEROS);
    expect((await migrate()).err).toContain('JOURNAL_CORRUPT');
    writeFileSync(join(scratch.dir, 'bags', 'new.json'), smallBag({ workflowId: 'wf-9' }));
    const { code, report } = await json(['migrate', 'bags', '--store', 'store', '--apply', ...JOURNAL, SKIP]);
    expect([code, report]).toMatchObject([0, { damaged: [{ line: 5 }], totals: { documents: 4, failed: 0 } }]);
    expect(await json(['status', ...JOURNAL, SKIP])).toMatchObject({
      report: { totals: { migrated: 4, unsettled: 0 } },
    });
  });
});

describe('a journal in which an intent is damaged', () => {
  it('makes verify and rollback fail for its document and for no other one', async () => {
    const at = lineOf('intent', 1);
    const { doc } = JSON.parse(lines()[at]!) as { readonly doc: string };
    damage(at, ZEROS);
    for (const command of [['verify'], ['rollback', '--apply']]) {
      const { code, report } = await json([...command, ...JOURNAL, SKIP]);
      expect([code, report.totals]).toMatchObject([1, { documents: 3, failed: 1 }]);
      expect(report.documents).toContainEqual(
        expect.objectContaining({ id: doc, outcome: 'failed', code: 'INTENT_LOST' }),
      );
    }
    const restored = Object.entries(digests(join(scratch.dir, 'bags'))).filter(
      ([name, sha]) => originals[name] === sha,
    );
    expect(restored).toHaveLength(2);
  });
});

describe('journal check', () => {
  it('says that every line of a sound journal is an entry', async () => {
    const { code, report } = await json(['journal', 'check', 'j']);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      entries: 8,
      runs: 1,
      documents: 3,
      damaged: [],
      torn: [],
      lostIntents: [],
      isSound: true,
    });
    expect((await statebag(scratch.dir, ['journal', 'check', ...JOURNAL])).out).toContain('next: statebag status');
  });

  it('names each damaged line, the documents without intent, and the next command', async () => {
    const doc = (JSON.parse(lines()[lineOf('intent', 0)]!) as { readonly doc: string }).doc;
    const intent = damage(lineOf('intent', 0), ZEROS);
    const result = damage(lineOf('result', 2), FLIPPED);
    const { code, out } = await statebag(scratch.dir, ['journal', 'check', 'j']);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^damaged: line 2, byte ${intent}, .*: it has \\d+ zero bytes`, 'm'));
    expect(out).toMatch(new RegExp(`^damaged: line 7, byte ${result}, .*: it is not a journal entry$`, 'm'));
    expect(out).toContain(`intent lost: ${doc} was migrated`);
    expect(out).toMatch(/^next: statebag status --journal .*j --skip-damaged$/m);
  });

  it('counts the torn line of a killed run, which is not damage', async () => {
    const text = readFileSync(file());
    writeFileSync(file(), text.subarray(0, text.length - 5));
    expect(await json(['journal', 'check', 'j'])).toMatchObject({
      code: 0,
      report: { damaged: [], torn: [{ line: 8 }] },
    });
  });

  it('names the damaged lines of a journal in which no run is left', async () => {
    writeFileSync(file(), '{"kind":"shopping"}\n');
    expect(await json(['journal', 'check', 'j'])).toMatchObject({
      code: 1,
      report: { runs: 0, damaged: [{ line: 1 }] },
    });
  });

  it('ends with exit code 2 where there is no journal, and writes nothing', async () => {
    const before = readdirSync(scratch.dir);
    const { code, err } = await statebag(scratch.dir, ['journal', 'check', 'nowhere']);
    expect([code, err]).toEqual([2, expect.stringContaining('JOURNAL_MISSING')]);
    expect(readdirSync(scratch.dir)).toEqual(before);
  });
});

describe('a journal of 0 bytes, or without the beginning of a run', () => {
  it.each(['status', 'verify', 'report', 'rollback', 'journal check'])(
    'makes %s end with exit code 2',
    async (command) => {
      const withoutRun = lines().filter((line) => line.includes('"kind":"intent"'));
      for (const text of ['', `${withoutRun.join('\n')}\n`]) {
        writeFileSync(file(), text);
        const { code, err } = await statebag(scratch.dir, [...command.split(' '), ...JOURNAL]);
        expect([code, err]).toEqual([2, expect.stringContaining('JOURNAL_EMPTY')]);
      }
    },
  );
});

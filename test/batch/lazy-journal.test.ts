import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/batch/disk.js';
import type { EndEntry } from '../../src/batch/journal-entry.js';
import { LazyJournal } from '../../src/batch/lazy-journal.js';

let dir: string;
const journal = () => join(dir, 'journal');
const entry: EndEntry = { kind: 'end', run: 'r', at: '2026-02-01T08:00:00Z', totals: {}, complete: true };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lazy-journal-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('a lazy journal', () => {
  it('leaves no trace when nothing is said', async () => {
    const lazy = await LazyJournal.at(journal(), nodeDisk);
    await lazy.flush();
    await lazy.close();
    expect(existsSync(journal())).toBe(false);
  });

  it('is made with the first entry, and keeps the order of all', async () => {
    const lazy = await LazyJournal.at(journal(), nodeDisk);
    lazy.append(entry);
    expect(existsSync(journal())).toBe(false);
    const flushed = lazy.flush();
    lazy.append({ ...entry, run: 's' });
    await flushed;
    lazy.append({ ...entry, run: 't' });
    await lazy.close();
    const lines = readFileSync(join(journal(), 'journal.ndjson'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as EndEntry).run)).toEqual(['r', 's', 't']);
    expect(existsSync(join(journal(), 'journal.lock'))).toBe(false);
  });

  it('asks for a flush when much waits', async () => {
    const lazy = await LazyJournal.at(journal(), nodeDisk);
    expect(lazy.isFull).toBe(false);
    for (let at = 0; at < 300; at++) lazy.append(entry);
    expect(lazy.isFull).toBe(true);
    await lazy.flush();
    expect(lazy.isFull).toBe(false);
    await lazy.close();
  });

  it('is held from the start when it is there already', async () => {
    const first = await LazyJournal.at(journal(), nodeDisk);
    first.append(entry);
    await first.close();
    const second = await LazyJournal.at(journal(), nodeDisk);
    await expect(LazyJournal.at(journal(), nodeDisk)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    await second.close();
  });

  it('keeps telling of a place where it cannot be made', async () => {
    const lazy = await LazyJournal.at('/dev/null/journal', nodeDisk);
    lazy.append(entry);
    await expect(lazy.flush()).rejects.toThrow('/dev/null/journal');
    await expect(lazy.close()).rejects.toThrow('/dev/null/journal');
  });
});

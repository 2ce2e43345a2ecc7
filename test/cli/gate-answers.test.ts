import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const at = (...parts: readonly string[]) => join(scratch.dir, ...parts);
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
};

interface Content {
  readonly make?: () => unknown;
  readonly options?: readonly string[];
}

const fat = smallBag();
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

async function migrate(): Promise<Buffer> {
  mkdirSync(at('bags'));
  put('bags/a.json', fat);
  await migrateAgain();
  return readFileSync(at('bags/a.json'));
}

const migrateAgain = () => statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--journal', 'j', '--apply']);

/** What the rows of the page say is in the directory `d`. */
const CONTENTS: Readonly<Record<string, Content>> = {
  'nothing else': {},
  'a fat bag': {
    make: () => {
      put('d/bag.json', fat);
    },
  },
  'a JSON file of another name': {
    make: () => {
      put('d/notes.txt', '{}');
    },
  },
  'a text file of another name': {
    make: () => {
      put('d/notes.txt', 'hello');
    },
  },
  'the same, with `--ignore`': {
    make: () => {
      put('d/notes.txt', 'hello');
    },
    options: ['--ignore', '*.txt'],
  },
  'a pipe': { make: () => execFileSync('mkfifo', [at('d/pipe.json')]) },
  'a link to nothing': {
    make: () => {
      symlinkSync('gone', at('d/link.json'));
    },
  },
  'a JSON file that cannot be read': {
    make: () => {
      symlinkSync('loop.json', at('d/loop.json'));
    },
  },
  'an export without a line': {
    make: () => {
      put('d/export.ndjson', '');
    },
  },
  'the same, with `--allow-empty`': {
    make: () => {
      put('d/export.ndjson', '');
    },
    options: ['--allow-empty'],
  },
  'a JSON file that is cut off': {
    make: () => {
      put('d/cut.json', fat.slice(0, 200));
    },
  },
  'a binary file that ends in `.json`': {
    make: () => {
      put('d/binary.json', Uint8Array.of(0, 159, 146, 150));
    },
  },
  'a bag in JSON text inside JSON text': {
    make: () => {
      put('d/text.json', JSON.stringify(JSON.stringify(fat)));
    },
  },
  'a bag in a list, below other members': {
    make: () => {
      put('d/list.json', `{"runs":[${fat}]}`);
    },
  },
  'a bag in base64 text': {
    make: () => {
      put('d/record.json', `{"data":"${base64(fat)}"}`);
    },
  },
  'a lean bag in base64 text': {
    make: async () => {
      put('d/record.json', `{"data":"${base64(await migrate())}"}`);
    },
  },
  'compressed base64 text that is cut off': {
    make: () => {
      put('d/record.json', `{"data":"${base64(gzipSync(fat).subarray(0, -9))}"}`);
    },
  },
  'a lean bag without a path': {
    make: async () => {
      put('d/bag.json', (await migrate()).toString().replace(/(_s3_path":)"[^"]+"/g, '$1null'));
    },
  },
  'a JSON file without a byte, with `--allow-empty`': {
    make: () => {
      put('d/empty.json', '');
    },
    options: ['--allow-empty'],
  },
  'a compressed fat bag': {
    make: () => {
      put('d/bag.json.gz', gzipSync(fat));
    },
  },
  'a compressed lean bag': {
    make: async () => {
      put('d/bag.json.gz', gzipSync(await migrate()));
    },
  },
  'a compressed file that is cut off': {
    make: () => {
      put('d/bag.json.gz', gzipSync(fat).subarray(0, -9));
    },
  },
};

const JOURNALS: Readonly<Record<string, Content>> = {
  'documents that are as they were written': {},
  'a document that was changed since': {
    make: () => {
      put('bags/a.json', fat.replace('"n":1', '"n":2'));
    },
  },
  'a document that is gone': {
    make: () => {
      rmSync(at('bags/a.json'));
    },
  },
  'no migrated document': { make: () => statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply']) },
  'the same, with `--allow-empty`': {
    make: () => statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply']),
    options: ['--allow-empty'],
  },
  'a damaged line, with `--skip-damaged`': {
    make: () => {
      put('j/journal.ndjson', readFileSync(at('j/journal.ndjson'), 'utf8').replace('\n', '\n#\n'));
    },
    options: ['--skip-damaged'],
  },
  'lost every line of a document': {
    make: async () => {
      put('bags/b.json', fat);
      await migrateAgain();
      edit((lines) => lines.filter((line) => !line.includes(`"doc":"${at('bags/b.json')}"`)));
    },
  },
  'lost a whole run': {
    make: async () => {
      put('bags/b.json', fat);
      await migrateAgain();
      const second = `"run":"${(JSON.parse(linesOfJournal().at(-1)!) as { readonly run: string }).run}"`;
      edit((lines) => lines.filter((line) => line.includes(second)));
    },
  },
  'an entry twice': {
    make: () => {
      edit((lines) => lines.flatMap((line) => (line.includes('"kind":"result"') ? [line, line] : [line])));
    },
  },
  'an entry in the place of another one': {
    make: async () => {
      put('bags/b.json', fat);
      put('bags/c.json', fat);
      await migrateAgain();
      const isIntentOf = (line: string, name: string) =>
        line.includes('"kind":"intent"') && line.includes(`"doc":"${at('bags', name)}"`);
      edit((lines) => {
        const other = lines.find((line) => isIntentOf(line, 'b.json'))!;
        return lines.map((line) => (isIntentOf(line, 'c.json') ? other : line));
      });
    },
  },
  'no run, as a file of 0 bytes': {
    make: () => {
      put('j/journal.ndjson', '');
    },
  },
};

const linesOfJournal = () => readFileSync(at('j/journal.ndjson'), 'utf8').trimEnd().split('\n');
const edit = (change: (lines: readonly string[]) => readonly string[]) => {
  put('j/journal.ndjson', `${change(linesOfJournal()).join('\n')}\n`);
};

/** The cells of each row of a table on the page. */
function rowsOf(table: number): readonly (readonly string[])[] {
  const tables = readFileSync('docs/gates.md', 'utf8').match(/(?:^\|.*\n)+/gm)!;
  const [, , ...rows] = tables[table]!.trim().split('\n');
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

async function answer(command: string, options: readonly string[]): Promise<string> {
  const store = ['gc', 'migrate'].includes(command) ? ['--store', 'other'] : [];
  const journals = command === 'gc' ? ['--no-journal'] : [];
  const { code, out } = await statebag(scratch.dir, [command, 'd', ...store, ...journals, ...options, '--json']);
  const report = JSON.parse(out) as { readonly answer?: string; readonly proven?: boolean };
  const words = report.answer ?? (report.proven === undefined ? undefined : report.proven ? 'proven' : 'not proven');
  return words === undefined ? String(code) : `${words}, ${code}`;
}

describe('the page of gates', () => {
  it('has a row for each content that is tried here', () => {
    expect(rowsOf(0).map(([name]) => name)).toEqual(Object.keys(CONTENTS));
    expect(rowsOf(1).map(([name]) => name)).toEqual(Object.keys(JOURNALS));
  });

  it.each(rowsOf(0))('says what is answered beside %s', async (name, ...answers) => {
    mkdirSync(at('d'));
    put('d/understood.json', '{"a":1}');
    const { make, options = [] } = CONTENTS[name]!;
    await make?.();
    const found: string[] = [];
    for (const command of ['can-contract', 'gc', 'inspect', 'migrate']) found.push(await answer(command, options));
    expect(found).toEqual(answers);
  });

  it.each(rowsOf(1))('says what is answered when the journal has %s', async (name, ...expected) => {
    await migrate();
    const { make, options = [] } = JOURNALS[name]!;
    await make?.();
    const found: string[] = [];
    for (const command of [['verify'], ['status'], ['journal', 'check']]) {
      const taken = options.filter((option) => command[0] === 'verify' || option === '--skip-damaged');
      const { code } = await statebag(scratch.dir, [
        ...command,
        '--journal',
        'j',
        ...(command[0] === 'journal' ? [] : taken),
      ]);
      found.push(String(code));
    }
    expect(found).toEqual(expected);
  });
});

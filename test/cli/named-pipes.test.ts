import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { bag, bags, raggedLines } from '../batch/bags.js';
import { statebag, useScratch } from './terminal.js';
import type { Ran } from './terminal.js';

const scratch = useScratch();

/** Without a program that makes FIFOs there is nothing to test. */
const HAS_FIFOS = process.platform !== 'win32';

const STORE = ['--store', 'store'];
const APPLY = [...STORE, '--journal', 'journal', '--apply'];

const at = (name: string) => join(scratch.dir, name);
const fifo = (name = 'pipe') => execFileSync('mkfifo', [at(name)]);
const isFifo = (name = 'pipe') => lstatSync(at(name)).isFIFO();
const run = (...args: readonly string[]) => statebag(scratch.dir, args);

/** The command with a writer of the pipe at its side, which goes once the pipe has been read. */
async function fed(bytes: Uint8Array, ...args: readonly string[]): Promise<Ran> {
  const [ran] = await Promise.all([run(...args), writeFile(at('pipe'), bytes)]);
  return ran;
}

/** A process that writes to the pipe and keeps it open. Kill it. */
function writeAndStay(bytes: Uint8Array): ChildProcess {
  const child = spawn('bash', ['-c', 'exec cat > pipe'], { cwd: scratch.dir, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.write(bytes);
  return child;
}

/** Resolves some time after a run has written its first blob. */
async function whenStored(): Promise<void> {
  while (!existsSync(at('store'))) await sleep(20);
  await sleep(500);
}

/** The members of a report. */
const reported = ({ out }: Ran) => JSON.parse(out) as Readonly<Record<string, unknown>>;

describe.skipIf(!HAS_FIFOS)('a pipe that is named as a source', () => {
  // The first run of a command loads its modules.
  it.each([
    ['migrate', STORE, 0, { totals: { documents: 1, migrated: 1, bytesBefore: 5_159 } }],
    ['inspect', [], 0, { totals: { documents: 1, generations: { fat: 1 } } }],
    ['can-contract', [], 1, { totals: { documents: 1, remaining: 1, needing: 1 } }],
    ['gc', [...STORE, '--no-journal'], 0, { proven: true, unreadable: [], totals: { documents: 1 } }],
    ['validate', ['--schema', 'fat'], 0, { totals: { documents: 1, valid: 1, invalid: 0 } }],
  ] as const)(
    'is read once by %s',
    async (command, options, code, members) => {
      fifo();
      const ran = await fed(bag(), command, 'pipe', ...options, '--json');
      expect([ran.code, reported(ran)]).toMatchObject([code, members]);
      expect(isFifo()).toBe(true);
    },
    60_000,
  );

  it.each([
    ['can-contract', [], 1, { totals: { documents: 2, needing: 2 } }],
    ['inspect', [], 0, { totals: { documents: 2, generations: { fat: 2 } } }],
    ['validate', ['--schema', 'fat'], 0, { totals: { documents: 2, valid: 2, invalid: 0 } }],
    ['migrate', [...STORE, '--journal', 'journal'], 0, { totals: { documents: 2, migrated: 2 } }],
  ] as const)(
    'is read by %s as a stream, also when a file is behind its descriptor',
    async (command, options, code, members) => {
      writeFileSync(at('lines'), `${bag().toString()}\n${bag().toString()}\n`);
      const fd = openSync(at('lines'), 'r');
      try {
        for (const path of [`/dev/fd/${fd}`, `/proc/self/fd/${fd}`]) {
          const ran = await run(command, path, ...options, '--json');
          expect([ran.code, reported(ran)]).toMatchObject([code, members]);
        }
      } finally {
        closeSync(fd);
      }
    },
  );

  it('is read only once by validate when a *.json leads to it and its document is invalid', async () => {
    fifo();
    symlinkSync('pipe', at('link.json'));
    const ran = await fed(Buffer.from('{"a":1}'), 'validate', 'link.json', '--json');
    expect([ran.code, reported(ran)]).toMatchObject([1, { totals: { documents: 1, valid: 0, invalid: 1 } }]);
  }, 20_000);

  it.each([
    ['pretty', '{"a":1}', /^pipe:1:1 {2}document .*\(NOT_A_BAG\)$/m],
    ['json', '{"a":', /"rule":"JSON_SYNTAX"/],
    ['github', '{"a":1}\n{"a":]\n', /^::error file=pipe,line=2,col=6,title=JSON_SYNTAX::/m],
    ['sarif', '{"a":1,"a":2}', /"ruleId":"DUPLICATE_MEMBER"/],
    ['junit', '', /type="JSON_EMPTY"/],
  ])(
    'is read only once by validate when its document is invalid, in the format %s',
    async (format, text, expected) => {
      fifo();
      const ran = await fed(Buffer.from(text), 'validate', 'pipe', '--format', format);
      expect([ran.code, ran.out]).toEqual([1, expect.stringMatching(expected)]);
    },
    20_000,
  );

  it('holds one document a line, and its copy is verified and rolled back', async () => {
    fifo();
    const lines = raggedLines(bags(['pre', 'foreign', 'bare']));
    const ran = await fed(lines, 'migrate', 'pipe', ...APPLY, '--out', 'copy.ndjson', '--json');
    expect([ran.code, reported(ran)]).toMatchObject([0, { totals: { documents: 3, migrated: 2, unchanged: 1 } }]);
    expect(ran.out).toContain(`${at('pipe')}#L2`);
    expect(isFifo()).toBe(true);
    const verified = await run('verify', '--journal', 'journal', '--json');
    expect([verified.code, reported(verified)]).toMatchObject([0, { totals: { verified: 2 } }]);
    expect((await run('rollback', '--journal', 'journal', '--apply')).code).toBe(0);
    expect(readFileSync(at('copy.ndjson')).equals(lines)).toBe(true);
  });

  it('is copied below the directory of --out under its own name', async () => {
    fifo();
    mkdirSync(at('copies'));
    expect((await fed(bag(), 'migrate', 'pipe', ...APPLY, '--out', 'copies')).code).toBe(0);
    expect(readdirSync(at('copies'))).toEqual(['pipe']);
    expect(readFileSync(at('copies/pipe'), 'utf8')).toContain('"state_bag_version":2');
  });

  it('is read through a link', async () => {
    fifo();
    symlinkSync('pipe', at('link'));
    const ran = await fed(bag(), 'migrate', 'link', ...STORE, '--json');
    expect([ran.code, reported(ran)]).toMatchObject([0, { totals: { documents: 1, migrated: 1 } }]);
  });

  it.each(['pipe', 'link', '-'])('is not rewritten in place: migrate %s --apply', async (source) => {
    fifo();
    symlinkSync('pipe', at('link'));
    const out = source === '-' ? ['--out', '-', '--workers', '2'] : [];
    const { code, err } = await run('migrate', source, ...APPLY, ...out);
    expect([code, err]).toEqual([2, expect.stringContaining(source === '-' ? '--workers' : 'OUT_MISSING')]);
    expect(err).toContain(source === '-' ? 'one stream' : `${at(source)} is a pipe`);
    expect(readdirSync(scratch.dir).sort()).toEqual(['link', 'pipe']);
  });

  it('is not shared by several processes', async () => {
    fifo();
    const { code, err } = await run('migrate', 'pipe', ...APPLY, '--out', 'copy', '--workers', '2');
    expect([code, err]).toEqual([2, expect.stringContaining('one stream cannot be shared by --workers')]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('without a writer ends at %s and leaves nothing', async (signal) => {
    fifo();
    const { code, out, err } = await statebag(scratch.dir, ['migrate', 'pipe', ...APPLY, '--out', 'copy'], {
      onStart: (send) => setTimeout(send, 300, signal),
    });
    expect([code, out]).toEqual([1, expect.stringMatching(/^not started +1$/m)]);
    expect(out).not.toMatch(/^unreadable/m);
    expect(err).toContain('to go on: statebag migrate pipe --store store');
    expect(readdirSync(scratch.dir).sort()).toEqual(['journal', 'pipe']);
  });

  it('makes no copy of the lines that came before the stop, and the next run makes the whole', async () => {
    fifo();
    const lines = Buffer.from(
      bags(['pre', 'bare', 'foreign'])
        .map((line) => `${line.toString()}\n`)
        .join(''),
    );
    const args = ['migrate', 'pipe', ...APPLY, '--out', 'copy.ndjson', '--json'];
    // It stays open: the run waits for further lines.
    const writer = writeAndStay(lines);
    const stopped = await statebag(scratch.dir, args, {
      onStart: (send) =>
        void whenStored().then(() => {
          send('SIGTERM');
        }),
    });
    writer.kill();
    expect([stopped.code, reported(stopped)]).toMatchObject([
      1,
      { complete: false, totals: { migrated: 0, failed: 0, containersFailed: 0, containersNotStarted: 1 } },
    ]);
    expect(readdirSync(scratch.dir).sort()).toEqual(['journal', 'pipe', 'store']);
    // Intents are taken back: no copy has these documents.
    const results = readFileSync(at('journal/journal.ndjson'), 'utf8').match(/"kind":"result".*"outcome":"[\w-]+"/g);
    expect(results?.map((text) => text.split('"').at(-2))).toEqual(['unchanged', 'not-started', 'not-started']);
    const again = await fed(lines, ...args);
    expect([again.code, reported(again)]).toMatchObject([0, { totals: { documents: 3, migrated: 2, unchanged: 1 } }]);
    expect((await run('verify', '--journal', 'journal')).code).toBe(0);
  });
});

describe.skipIf(!HAS_FIFOS)('a device or socket that is named as a source', () => {
  it.each(['migrate', 'inspect', 'can-contract', 'gc', 'validate'])('is refused by %s', async (command) => {
    symlinkSync('/dev/zero', at('link.json'));
    const options = ['migrate', 'gc'].includes(command) ? [...STORE] : [];
    if (command === 'gc') options.push('--no-journal');
    for (const source of ['/dev/zero', 'link.json']) {
      const { code, err } = await run(command, source, ...options);
      expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_INVALID')]);
      expect(err).toContain('is a device');
    }
  });

  it('is refused when it is a socket', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(at('socket'), done));
    try {
      const { code, err } = await run('inspect', 'socket');
      expect([code, err]).toEqual([2, expect.stringContaining(`SOURCE_INVALID: ${at('socket')} is a socket`)]);
    } finally {
      server.close();
    }
  });

  it('is read as an empty file when it is the null device', async () => {
    const { code, out } = await run('inspect', '/dev/null');
    expect([code, out]).toEqual([1, expect.stringContaining('quarantined  /dev/null  JSON_EMPTY')]);
  });
});

describe.skipIf(!HAS_FIFOS)('a pipe or device that is named where a file is needed', () => {
  it.each([
    ['--plan', 'pipe', [], 'PLAN_INVALID'],
    ['--plan', '/dev/zero', [], 'PLAN_INVALID'],
    ['--plan-out', 'pipe', [], 'PLAN_INVALID'],
    ['--plan-out', 'link', [], 'PLAN_INVALID'],
    ['--plan-out', '/dev/null', [], 'PLAN_INVALID'],
    ['--out', 'pipe', ['--apply'], 'OUT_INVALID'],
    ['--out', 'link', ['--apply'], 'OUT_INVALID'],
    ['--out', '/dev/null', ['--apply'], 'OUT_INVALID'],
    ['--control', 'pipe', ['--apply'], 'USAGE'],
  ])('is refused and stays what it is: %s %s', async (option, path, further, error) => {
    fifo();
    symlinkSync('pipe', at('link'));
    writeFileSync(at('a.json'), bag());
    const { code, err } = await run('migrate', 'a.json', ...STORE, ...further, option, path);
    expect([code, err]).toEqual([2, expect.stringContaining(error)]);
    expect(err).toMatch(/ is a (pipe|device)/);
    expect(isFifo()).toBe(true);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readdirSync(scratch.dir).sort()).toEqual(['a.json', 'link', 'pipe']);
  });

  it('is not waited for when it has the name of a copy', async () => {
    mkdirSync(at('copies'));
    fifo('copies/a.json');
    writeFileSync(at('a.json'), bag());
    const ran = await run('migrate', 'a.json', ...APPLY, '--out', 'copies/', '--json');
    expect([ran.code, reported(ran)]).toMatchObject([1, { totals: { failed: 1 } }]);
    expect(ran.out).toContain(`${at('copies/a.json')}: it is a pipe, and not a file`);
    expect(readdirSync(at('copies'))).toEqual(['a.json']);
    expect(isFifo('copies/a.json')).toBe(true);
  });

  it('is not waited for by verify when it took the place of a migrated file', async () => {
    writeFileSync(at('a.json'), bag());
    expect((await run('migrate', 'a.json', ...APPLY)).code).toBe(0);
    rmSync(at('a.json'));
    fifo('a.json');
    const { code, out } = await run('verify', '--journal', 'journal');
    expect([code, out]).toEqual([1, expect.stringContaining('FILE_INVALID')]);
  });

  it('keeps a link that --plan-out names, and writes the plan to its target', async () => {
    writeFileSync(at('a.json'), bag());
    writeFileSync(at('plan.ndjson'), '');
    symlinkSync('plan.ndjson', at('link'));
    expect((await run('migrate', 'a.json', ...STORE, '--plan-out', 'link')).code).toBe(0);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('plan.ndjson'), 'utf8')).toMatch(/^\{"kind":"plan"/);
  });
});

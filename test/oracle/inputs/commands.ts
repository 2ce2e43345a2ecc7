import { gzipSync } from 'node:zlib';
import type { CommandCase, Files } from '../world.js';
import type { Step } from '../terminal.js';
import { ALLOWED_PLACES } from './shapes.js';
import type { Shape } from './shapes.js';

const STORE = ['--store', 'store', ...ALLOWED_PLACES];
/** One document at a time, so that journals and reports have one order. */
const IN_ORDER = ['--concurrency', '1'];
const JOURNAL = ['--journal', 'journal'];

function filesOf({ bytes, objects }: Shape, name = 'bags/a.json'): Files {
  return {
    [name]: bytes,
    ...Object.fromEntries(Object.entries(objects).map(([path, content]) => [`store/${path}`, content])),
  };
}

const run = (words: readonly string[], more: Omit<Step, 'args'> = {}): Step => ({ args: words, ...more });

const FAT = 'state-bag.fat';

/** The members of each document choose its schema: the default of release 0.1.0. */
const auto = (words: readonly string[]): Step => ({ args: [...words, '--schema', 'auto'], old: words });

/** A shape there and back: dry run, migrate, verify, status, once more, roll back. */
export function circle(shape: Shape, options: readonly string[] = []): CommandCase {
  const migrate = ['migrate', 'bags', ...STORE, ...JOURNAL, ...IN_ORDER, '--json', ...options];
  return {
    kind: `migrate, verify, rollback: ${shape.origin}`,
    title: `circle${options.map((option) => ` ${option}`).join('')} of ${shape.title}`,
    files: filesOf(shape),
    steps: [
      run(migrate),
      run([...migrate, '--apply']),
      run(['verify', ...JOURNAL, ...IN_ORDER, '--json']),
      run(['status', ...JOURNAL, '--json']),
      run([...migrate, '--apply', '--verify']),
      run(['rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply']),
      run(['report', ...JOURNAL, '--json']),
    ],
  };
}

/** Commands that read one document and write nothing but output. */
export function reading(shape: Shape): CommandCase {
  const store = [...STORE];
  const files = ['bags/a.json', ...store];
  return {
    kind: `inspect, segment, hydrate, validate, can-contract: ${shape.origin}`,
    title: `reading ${shape.title}`,
    files: filesOf(shape),
    steps: [
      run(['inspect', 'bags', ...store, '--json', ...IN_ORDER]),
      run(['inspect', 'bags', ...store, '--json', '--to', 'bridge', ...IN_ORDER]),
      run(['segment', ...files, '--json']),
      run(['segment', ...files, '--index', '1']),
      run(['hydrate', ...files]),
      run(['validate', 'bags', '--schema', 'state-bag.v2', '--json']),
      run(['validate', 'bags', '--schema', FAT, '--json']),
      auto(['validate', 'bags', '--json', ...store]),
      auto(['validate', 'bags', '--json', '--expect', 'invalid']),
      run(['can-contract', 'bags', ...store, '--json', ...IN_ORDER]),
      run(['can-contract', 'bags', ...store, '--json', '--accept', 'bridge', ...IN_ORDER]),
    ],
  };
}

/** An event through the filters for runners of other languages. */
export function filters(shape: Shape): CommandCase {
  const store = [...STORE];
  const stdin = shape.bytes;
  return {
    kind: `adapt, seal: ${shape.origin}`,
    title: `filters over ${shape.title}`,
    files: filesOf(shape, 'event.json'),
    steps: [
      run(['adapt', ...store], { stdin }),
      run(['adapt', 'event.json', ...store, '--speaks', 'fat']),
      run(['adapt', 'event.json', ...store, '--no-segment', '--dry-run']),
      run(['adapt', '-', ...store, '--envelope', 'state_data.bag', '--envelope', '.'], { stdin }),
      run(['seal', ...store], { stdin }),
      run(['seal', '-', ...store, '--event', 'event.json'], { stdin: resultOf(shape.bytes) }),
      run(['seal', 'event.json', ...store, '--speaks', 'fat', '--event', 'event.json']),
      run(['seal', 'event.json', ...store, '--dry-run']),
    ],
  };
}

/** What a runner answers to an event: its state has changed. */
function resultOf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/"current_state"\s*:\s*\{/, '$&"answered":1.50,'), 'latin1');
}

/** Many documents at once, and everything that selects among them. */
export function fleets(shapes: readonly Shape[]): CommandCase[] {
  const files: Files = Object.assign(
    {},
    ...shapes.map((shape, at) => filesOf(shape, `bags/${String(at).padStart(3, '0')}.json`)),
  ) as Files;
  const oneLine = shapes.filter(({ bytes }) => !bytes.toString().trim().includes('\n'));
  const lines = oneLine.map(({ bytes }) => bytes.toString().trim()).join('\n');
  const stored = Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('store/')));
  const migrate = (...more: string[]) => run(['migrate', 'bags', ...STORE, ...JOURNAL, ...IN_ORDER, '--json', ...more]);
  const follow = [
    run(['status', ...JOURNAL, '--json']),
    run(['verify', ...JOURNAL, ...IN_ORDER, '--json']),
    run(['report', ...JOURNAL, '--json']),
    run(['rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply']),
    run(['status', ...JOURNAL]),
  ];
  const many = (title: string, steps: CommandCase['steps'], at: Files = files): CommandCase => ({
    kind: 'many documents: selection, plan, copies, lines',
    title: `fleet of ${shapes.length} (${shapes[0]!.title}): ${title}`,
    files: at,
    steps,
  });
  const first = Object.keys(files).find((path) => path.startsWith('bags/'))!;
  return [
    many('everything', [migrate('--apply'), ...follow, migrate('--apply'), migrate('--apply', '--to', 'bridge')]),
    many('pretty reports', [
      run(['migrate', 'bags', ...STORE, ...JOURNAL, ...IN_ORDER]),
      run(['migrate', 'bags', ...STORE, ...JOURNAL, ...IN_ORDER, '--apply', '--verify']),
      run(['inspect', 'bags', ...STORE, ...IN_ORDER]),
      run(['verify', ...JOURNAL, ...IN_ORDER]),
      run(['status', ...JOURNAL]),
      run(['report', ...JOURNAL]),
      run(['report', ...JOURNAL, '--html', 'page.html']),
      run(['rollback', ...JOURNAL, ...IN_ORDER]),
      run(['rollback', ...JOURNAL, ...IN_ORDER, '--apply']),
      run(['can-contract', 'bags', ...STORE, ...IN_ORDER]),
    ]),
    many('--limit 3', [migrate('--apply', '--limit', '3'), ...follow.slice(0, 3), migrate('--apply'), ...follow]),
    many('--shard', [
      migrate('--apply', '--shard', '1/2'),
      run(['status', ...JOURNAL, '--json']),
      migrate('--apply', '--shard', '2/2'),
      ...follow,
    ]),
    many('--where', [
      migrate('--apply', '--where', 'distributed_mode=false'),
      migrate('--where', 'ownerId=nobody'),
      ...follow,
    ]),
    many('--max-failures', [
      migrate('--apply', '--max-failures', '1'),
      migrate('--apply', '--max-failures', '50%'),
      ...follow,
    ]),
    many('--only-failed', [migrate('--apply'), migrate('--apply', '--only-failed'), ...follow]),
    many('plan and apply', [
      migrate('--plan-out', 'plan.ndjson'),
      migrate('--plan', 'plan.ndjson', '--apply'),
      ...follow,
    ]),
    many('a plan of documents that changed since', [
      migrate('--plan-out', 'plan.ndjson'),
      { write: { [first]: '{"replaced":true}' } },
      migrate('--plan', 'plan.ndjson', '--apply'),
      ...follow,
    ]),
    many('copies', [migrate('--apply', '--out', 'copies'), ...follow, migrate('--apply', '--out', 'copies')]),
    many('the envelope manifest', [migrate('--apply', '--manifest', 'envelope'), ...follow]),
    many('a layout of its own', [
      migrate(
        '--apply',
        '--config-key',
        'c/{ownerId}/{workflowId}/{sha256}.json',
        '--map-key',
        'm/{ownerId}/{workflowId}/{sha256}.json',
      ),
      ...follow,
    ]),
    many('a changed document is not rolled back', [
      migrate('--apply'),
      { write: { [first]: '{"changed":true}' } },
      run(['verify', ...JOURNAL, ...IN_ORDER, '--json']),
      run(['rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply']),
    ]),
    many('gc after a rollback', [
      migrate('--apply'),
      run(['rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply']),
      ...gc('bags'),
    ]),
    many('gc keeps what bags point to', [migrate('--apply'), ...gc('bags')]),
    many('gc keeps what a journal needs', [
      migrate('--apply'),
      run(['rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply']),
      ...gc('bags', ...JOURNAL),
    ]),
    many('a stopped run', [
      { ...migrate('--apply'), signal: 'SIGTERM' as const },
      run(['status', ...JOURNAL, '--json']),
      migrate('--apply'),
      ...follow,
    ]),
    many('lines', [lineStep(), ...follow, lineStep('--to', 'bridge')], { 'bags.ndjson': `${lines}\n`, ...stored }),
    many('lines without an end', [lineStep(), ...follow], { 'bags.ndjson': lines, ...stored }),
    many(
      'compressed lines are validated',
      [
        auto(['validate', 'bags.ndjson.gz', '--json']),
        run(['inspect', 'bags.ndjson.gz', ...STORE, '--json', ...IN_ORDER]),
        run(['migrate', 'bags.ndjson.gz', ...STORE, ...JOURNAL, '--json', ...IN_ORDER, '--apply']),
      ],
      { 'bags.ndjson.gz': gzipSync(lines), ...stored },
    ),
    many('one bag through a pipe', [
      run(['migrate', '-', ...STORE, ...JOURNAL, '--apply'], { stdin: shapes[0]!.bytes }),
      run(['migrate', '-', ...STORE, ...JOURNAL, '--to', 'bridge'], { stdin: shapes[0]!.bytes }),
    ]),
    many('a glob and two sources', [
      run(['migrate', 'bags/00*.json', 'bags/01*.json', ...STORE, ...JOURNAL, ...IN_ORDER, '--json', '--apply']),
      ...follow,
    ]),
    many('other names in the directory', [migrate('--apply'), ...follow, ...gc('bags')], {
      ...files,
      'bags/README.md': 'not a bag',
      'bags/deep/UPPER.JSON': shapes[0]!.bytes,
      'bags/empty.json': '',
      'bags/broken.json': '{"ownerId":',
    }),
    many(
      'validate in every format',
      ['pretty', 'json', 'github', 'sarif', 'junit'].flatMap((format) => [
        auto(['validate', 'bags', '--format', format, ...STORE]),
        run(['validate', 'bags', '--format', format, '--schema', 'state-bag.v2']),
        run(['validate', 'bags', '--format', format, '--max-bytes', '4000', '--headroom', '500', '--schema', FAT]),
      ]),
    ),
    many('filters over lines', [
      run(['adapt', ...STORE, '--ndjson'], { stdin: lines }),
      run(['adapt', ...STORE, '--ndjson', '--speaks', 'fat'], { stdin: lines }),
      run(['seal', ...STORE, '--ndjson'], { stdin: lines }),
      run(['seal', ...STORE, '--with-events', '--ndjson'], {
        stdin: oneLine
          .map(({ bytes }) => `{"event":${bytes.toString().trim()},"result":${resultOf(bytes).toString().trim()}}`)
          .join('\n'),
      }),
    ]),
    many('what a fleet takes', [
      run(['fleet', 'plan', 'bags', ...STORE, '--json']),
      run(['fleet', 'plan', 'bags', ...STORE]),
      run(['fleet', 'plan', 'bags', ...STORE, '--json', '--objects', '1000000', '--sample', '5', ...IN_ORDER]),
      run(['fleet', 'manifest', 'bags', '--format', 'jsonl']),
      run(['fleet', 'manifest', 'bags', '--format', 'csv']),
    ]),
  ];
}

function lineStep(...more: readonly string[]): Step {
  return run(['migrate', 'bags.ndjson', ...STORE, ...JOURNAL, ...IN_ORDER, '--json', '--apply', ...more]);
}

/** In a year that is late enough for every blob. */
function gc(...source: readonly string[]): Step[] {
  const words = ['gc', ...source, ...STORE, ...IN_ORDER, '--json'];
  const now = '2040-01-01T00:00:00.000Z';
  // Release 0.1.0 needs no journal.
  const collect = (...more: readonly string[]): Step => ({
    args: [...words, '--no-journal', ...more],
    old: [...words, ...more],
    now,
  });
  return [collect(), collect('--apply'), collect('--apply', '--redrive', '90000d')];
}

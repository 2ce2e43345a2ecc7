import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RuntimeApi } from '../../runtime-proxy/runtime-api.js';
import type { Build } from '../builds.js';
import type { Item } from '../compare.js';
import { textOf } from '../terminal.js';
import { callWrapped, eventOf } from './library.js';
import type { Event, Handler, LibraryCase } from './library.js';
import type { Shape } from './shapes.js';

/*
 * Events in the mode `shadow` whose bag leads to one program the old way and to another one, or to none, the new way.
 * The objects go through the library, and the bytes through the runtime proxy.
 */

const RUNTIME = fileURLToPath(new URL('../../runtime-proxy/runtime.mjs', import.meta.url));
const BUCKET = 'local';

interface Mismatch extends Shape {
  /** What both builds must report. */
  readonly reports: RegExp;
}

const node = (id: string, temperature: string) =>
  `{"id":"${id}","type":"aiModel","config":{"prompt":"Ask ${id}","temperature":${temperature}}}`;
const program = (index: number, temperature: string) =>
  `{"id":${index},"type":"llm","nodes":[${node(`n${index}`, temperature)}],"edges":[],"node_ids":["n${index}"]}`;
const CONFIG = `{"workflow_name":"Invoices","nodes":[${node('n0', '0.5')},${node('n1', '0.5')}],"edges":[{"id":"e","source":"n0","target":"n1","type":"normal"}]}`;
const MAP = `[${program(0, '0.5')},${program(1, '0.5')}]`;

/** What every bag has, then more members. */
const bag = (members: string, index = 1) =>
  `{"ownerId":"owner-1","workflowId":"wf-1","segment_to_run":${index},"total_segments":2,"loop_counter":0,"state_history":[],"current_state":{"rows":12,"amount":10.50},${members}}`;

const entries = (...programs: readonly string[]) =>
  `[${programs.map((text, at) => `{"segment_id":${at},"segment_config":${text}}`).join(',')}]`;

function shape(
  title: string,
  reports: RegExp,
  event: string,
  objects: Readonly<Record<string, string>> = {},
): Mismatch {
  const stored = Object.entries(objects).map(([key, text]): [string, Buffer] => [
    `${BUCKET}/${key}`,
    Buffer.from(text),
  ]);
  return { title, origin: 'fixture', bytes: Buffer.from(event), objects: Object.fromEntries(stored), reports };
}

/** A manifest at the content address of `text`, and what is stored there. */
function manifest(text: string, stored: string | null = text) {
  const key = `workflow-manifests/owner-1/wf-1/${createHash('sha256').update(text).digest('hex')}/segment_manifest.json`;
  return {
    member: `"segment_manifest_s3_path":"s3://${BUCKET}/${key}"`,
    objects: stored === null ? {} : { [key]: stored },
  };
}

const MAP_KEY = 'workflow-partitions/owner-1/wf-1/partition_map.json';
const MAP_MEMBER = `"partition_map_s3_path":"s3://${BUCKET}/${MAP_KEY}"`;

function mismatches(): Mismatch[] {
  const other = manifest(entries(program(0, '0.5'), program(1, '0.7')));
  const wrapped = manifest(`{"segments":${entries(program(0, '0.5'), program(1, '0.9'))}}`);
  const short = manifest(entries(program(0, '0.5')));
  const broken = manifest(entries(program(0, '0.5'), program(1, '0.7')), '[{"torn":');
  const gone = manifest(entries(program(0, '0.1'), program(1, '0.2')), null);
  const same = manifest(entries(program(0, '0.5'), program(1, '0.50')));
  const members = (own: string, { member }: { readonly member: string }) => `${own},${member}`;
  const mapped = { [MAP_KEY]: MAP };
  const DIFFERENT = /^shadow-mismatch .*"difference":"\//m;
  const FAILED = /^shadow-mismatch .*"code":"[A-Z_]+"/m;
  const SAME = /^read .*"shadow":"same"/m;
  // The source that counts has changed since 0.1.0.
  const ANY = /^read .*"shadow":"(same|different)"/m;
  const own = `"workflow_config":${CONFIG}`;
  const pointed = members(MAP_MEMBER, other);
  return [
    shape('a config next to another manifest', DIFFERENT, bag(members(own, other)), other.objects),
    shape('a config next to another manifest with an envelope', DIFFERENT, bag(members(own, wrapped)), wrapped.objects),
    shape('a stored map next to another manifest', ANY, bag(pointed), { ...mapped, ...other.objects }),
    shape(
      'a bag under state_data',
      DIFFERENT,
      `{"state_data":${bag(members(own, other))},"next_action":"CONTINUE"}`,
      other.objects,
    ),
    shape('a bag under state_data.bag', DIFFERENT, `{"state_data":{"bag":${bag(members(own, other))}}}`, other.objects),
    shape('a manifest without the segment', FAILED, bag(members(own, short)), short.objects),
    shape('a manifest with other bytes', FAILED, bag(members(own, broken)), broken.objects),
    shape('a manifest that is gone', SAME, bag(members(MAP_MEMBER, gone)), mapped),
    shape('the first segment of another manifest', SAME, bag(pointed, 0), { ...mapped, ...other.objects }),
    shape('a number in another spelling', SAME, bag(members(MAP_MEMBER, same)), { ...mapped, ...same.objects }),
  ];
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'returns its event': (event: Event) => event,
  'puts its event under state_data': (event: Event) => ({ state_data: event, next_action: 'CONTINUE' }),
};

export function shadowCases(): LibraryCase[] {
  const objects = mismatches().flatMap((input) =>
    (['lean', 'fat'] as const).flatMap((speaks) =>
      Object.entries(HANDLERS).map(([name, handler]): LibraryCase => {
        const options = speaks === 'fat' ? ({ mode: 'shadow', speaks } as const) : ({ mode: 'shadow' } as const);
        return {
          kind: 'wrap: shadow mismatch',
          title: `shadow mismatch (${speaks}), a handler that ${name}, ${input.title}`,
          reports: input.reports,
          call: (build) => callWrapped(build, input, eventOf(input)!, options, handler),
        };
      }),
    ),
  );
  const bytes = mismatches().map(({ reports, ...input }): LibraryCase => ({
    kind: 'runtime proxy: shadow mismatch',
    title: `shadow mismatch behind the runtime proxy, ${input.title}`,
    // The proxy logs problems only: other messages have times.
    ...(reports.source.startsWith('^read') ? {} : { reports }),
    call: (build) => callProxy(build, input),
  }));
  return [...objects, ...bytes];
}

/** One event through the runtime proxy of the build, in front of a runtime that returns the event. */
async function callProxy(build: Build, { bytes, objects }: Shape): Promise<Item[]> {
  const dir = mkdtempSync(join(tmpdir(), 'statebag-oracle-proxy-'));
  const store = join(dir, 'store');
  for (const [path, content] of Object.entries(objects)) {
    mkdirSync(dirname(join(store, path)), { recursive: true });
    writeFileSync(join(store, path), content);
  }
  mkdirSync(store, { recursive: true });
  const api = await new RuntimeApi().start();
  const proxy = spawn(process.execPath, [build.bin, 'runtime-proxy', '--', process.execPath, RUNTIME, 'keep'], {
    env: {
      PATH: process.env.PATH ?? '',
      AWS_LAMBDA_RUNTIME_API: api.address,
      STATEBAG_STORE: store,
      STATEBAG_BUCKET: BUCKET,
      STATEBAG_MODE: 'shadow',
      STATEBAG_LOG: 'problems',
      EVENT_FILE: join(dir, 'event'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  proxy.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = once(proxy, 'close');
  try {
    const { kind, body } = await api.invoke(bytes).outcome;
    proxy.kill('SIGTERM');
    await ended;
    const messages = log.split('\n').filter((line) => line.startsWith('{'));
    const stored = readdirSync(store, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return [
      { aspect: 'answer', name: kind, text: textOf(body), form: 'exact' },
      { aspect: 'event', name: 'of the runtime', text: textOf(readFileSync(join(dir, 'event'))), form: 'exact' },
      ...messages.map((text, at): Item => {
        const { statebag } = JSON.parse(text) as { readonly statebag?: string };
        return { aspect: 'diagnostic', name: `${statebag ?? 'log'} ${at}`, text, form: 'report' };
      }),
      ...stored
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path): Item => ({
          aspect: 'blob',
          name: relative(store, path),
          text: textOf(readFileSync(path)),
          form: 'exact',
        })),
    ];
  } finally {
    proxy.kill('SIGKILL');
    await ended;
    await api.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

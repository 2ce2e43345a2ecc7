import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { BlobStore, ShimOptions } from 'statebag-shim';
import type { Build } from '../builds.js';
import type { Item } from '../compare.js';
import { textOf } from '../terminal.js';
import { BUCKETS, FOLDERS, corpusFiles, turnFor } from './shapes.js';
import type { Shape } from './shapes.js';

/** An input that goes to the library's entries. */
export interface LibraryCase {
  readonly kind: string;
  readonly title: string;
  /** Everything that the calls hand out or leave behind. */
  readonly call: (build: Build) => Promise<Item[]>;
  /** What a diagnostic or a log of both builds must hold, where an input is for that. */
  readonly reports?: RegExp;
}

export type Event = Record<string, unknown>;
export type Handler = (event: Event) => unknown;

/** What a handler does with its event; the names are for titles. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  'returns its event': (event) => event,
  'changes the state': (event) => ({ ...event, current_state: { answered: 1, by: 'handler' } }),
  'puts its event under state_data': (event) => ({ state_data: event, next_action: 'CONTINUE' }),
  'puts its event under bag': (event) => ({ state_data: { bag: event, next_action: 'WAIT' }, result: { n: 1 } }),
  'puts its event into a list': (event) => ({ rows: [event, { copy: event }] }),
  'puts its event into text': (event) => ({ body: JSON.stringify(event) }),
  'returns only the program': (event) => ({ program: event.segment_config, config: event.workflow_config ?? null }),
  'merges the answer of a branch': (event) => ({ ...event, ...bagIn(event), segment_manifest_s3_path: null, total: 3 }),
  'counts the segment up': (event) => ({ ...event, segment_to_run: Number(event.segment_to_run ?? 0) + 1 }),
  'returns a large member': (event) => ({
    ...event,
    report: 'x'.repeat(3000),
    rows: Array.from({ length: 60 }, (_, id) => ({ id, text: 'row' })),
  }),
  'returns nothing': () => undefined,
  'returns text': () => 'done',
  throws: () => {
    throw new RangeError('the handler failed');
  },
};

const SETTINGS: Readonly<Record<string, Partial<ShimOptions>>> = {
  rewrite: { mode: 'rewrite' },
  shadow: { mode: 'shadow' },
  observe: { mode: 'observe' },
  strict: { mode: 'strict' },
  'rewrite, speaks fat': { mode: 'rewrite', speaks: 'fat' },
  'rewrite, envelope manifests': { mode: 'rewrite', manifest: 'envelope' },
  'rewrite, a small budget': { mode: 'rewrite', budget: { limitBytes: 3000, headroomBytes: 500 } },
  'rewrite, offload of chosen members': {
    mode: 'rewrite',
    budget: { limitBytes: 2500, headroomBytes: 0 },
    offload: { first: ['rows'], never: ['current_state'], minBytes: 100 },
  },
  'rewrite, no budget, missing programs pass': { mode: 'rewrite', budget: false, onMissing: 'pass' },
  'a mode by owner': { mode: ({ ownerId }) => (ownerId === undefined ? 'observe' : 'rewrite') },
  'shadow, speaks fat': { mode: 'shadow', speaks: 'fat' },
};

/** One event through a wrapped handler. */
export function wrapCases(shapes: readonly Shape[], perShape: number): LibraryCase[] {
  const [settings, handlers] = [Object.entries(SETTINGS), Object.entries(HANDLERS)];
  return shapes.flatMap((shape) => {
    const event = eventOf(shape);
    const at = turnFor(shape.title);
    if (event === undefined) return [];
    return Array.from({ length: perShape }, (_, turn): LibraryCase => {
      // Both lists in turn, at speeds that meet every pair.
      const [setting, options] = settings[(at + turn * 3) % settings.length]!;
      const [name, handler] = handlers[(at * 5 + turn) % handlers.length]!;
      return {
        kind: `wrap: ${setting}`,
        title: `wrap (${setting}), a handler that ${name}, event ${shape.title}`,
        call: (build) => callWrapped(build, shape, event, options, handler),
      };
    });
  });
}

export async function callWrapped(
  build: Build,
  shape: Shape,
  event: Event,
  options: Partial<ShimOptions>,
  handler: Handler,
): Promise<Item[]> {
  const { items, store, blobs } = await open(build, shape);
  const shim = build.library.createStateBagShim({ store, clock: () => 1_769_930_000_000, ...options });
  const wrapped = shim.wrap<Event>((given) => {
    items.push({ aspect: 'event', name: 'of the handler', text: json(given), form: 'exact' });
    return handler(given);
  });
  await listening(items, async () => {
    await settle(items, 'answer', 'of the shim', () => wrapped(structuredClone(event), context));
  });
  return [...items, ...blobs()];
}

const context = { getRemainingTimeInMillis: () => 900_000 };

/** What `read` says of an event, by every method. */
export function readCases(shapes: readonly Shape[]): LibraryCase[] {
  return shapes.flatMap((shape) => {
    const event = eventOf(shape);
    const at = turnFor(shape.title);
    const [setting, options] = Object.entries(SETTINGS)[at % Object.keys(SETTINGS).length]!;
    if (event === undefined) return [];
    const call = async (build: Build): Promise<Item[]> => {
      const { items, store, blobs } = await open(build, shape);
      const shim = build.library.createStateBagShim({ store, clock: () => 1_769_930_000_000, ...options });
      await listening(items, async () => {
        const reading = shim.read(structuredClone(event), context, { segment: at % 3 !== 0 });
        const { mode, generation, envelope, ownerId, workflowId, bag } = reading;
        const facts = { mode, generation, envelope, ownerId, workflowId, bag };
        items.push({ aspect: 'answer', name: 'reading', text: json(facts), form: 'exact' });
        await settle(items, 'answer', 'segment', () => reading.segment());
        await settle(items, 'event', 'runnerEvent', () => reading.runnerEvent());
        await settle(items, 'answer', 'hydrated', () => reading.hydrated());
        await settle(items, 'answer', 'write', () => shim.write(structuredClone(event), reading, context));
      });
      return [...items, ...blobs()];
    };
    return [{ kind: 'read, segment, hydrated, write', title: `read (${setting}), event ${shape.title}`, call }];
  });
}

/** The calls without a shim: resolveSegmentConfig, validateStateBag, assertStateBag, the matchers, the middleware. */
export function plainCases(shapes: readonly Shape[]): LibraryCase[] {
  return shapes.flatMap((shape): LibraryCase[] => {
    const event = eventOf(shape);
    if (event === undefined) return [];
    const resolve = async (build: Build): Promise<Item[]> => {
      const { items, store } = await open(build, shape);
      for (const index of [undefined, 0, 1, 99])
        await settle(items, 'answer', `index ${index ?? 'of the event'}`, () =>
          build.library.resolveSegmentConfig(structuredClone(event), store, index === undefined ? {} : { index }),
        );
      return items;
    };
    const validate = async (build: Build): Promise<Item[]> => {
      const items: Item[] = [];
      /* eslint-disable @typescript-eslint/no-deprecated -- Release 0.1.0 has only these names. */
      await settle(items, 'answer', 'validateStateBag', () => build.library.validateStateBag(event), 'report');
      await settle(items, 'answer', 'assertStateBag', () => {
        build.library.assertStateBag(event);
      });
      /* eslint-enable @typescript-eslint/no-deprecated */
      const { pass, message } = build.matchers.stateBagMatchers.toBeLeanStateBag(event);
      items.push({
        aspect: 'answer',
        name: 'toBeLeanStateBag',
        text: json({ pass, message: message() }),
        form: 'report',
      });
      return items;
    };
    const through = async (build: Build): Promise<Item[]> => {
      const { items, store, blobs } = await open(build, shape);
      const shim = build.library.createStateBagShim({ store, mode: 'rewrite', clock: () => 1_769_930_000_000 });
      const middleware = build.middy.stateBagMiddleware(shim);
      const request: { event: unknown; response?: unknown } = { event: structuredClone(event) };
      const isAccepted = await settle(items, 'event', 'before', async () => {
        await middleware.before(request as never);
        return request.event;
      });
      if (isAccepted === undefined) return [...items, ...blobs()];
      request.response = { state_data: request.event };
      await settle(items, 'answer', 'after', async () => {
        await middleware.after(request as never);
        return request.response;
      });
      return [...items, ...blobs()];
    };
    return [
      { kind: 'resolveSegmentConfig', title: `resolveSegmentConfig of ${shape.title}`, call: resolve },
      { kind: 'validateStateBag, matchers', title: `validateStateBag of ${shape.title}`, call: validate },
      { kind: 'middy middleware', title: `middleware over ${shape.title}`, call: through },
    ];
  });
}

/** Workflows cut into segments, and new lean bags made of them. */
export function workflowCases(shapes: readonly Shape[]): LibraryCase[] {
  const graphs = Object.entries(corpusFiles('expected')).flatMap(([path, bytes]) =>
    path.endsWith('partition-graphs.json')
      ? (JSON.parse(bytes.toString()) as { readonly name: string; readonly workflow_config: unknown }[]).map(
          ({ name, workflow_config: config }): readonly [string, unknown] => [`corpus ${name}`, config],
        )
      : [],
  );
  const configs = [
    ...shapes.flatMap((shape): (readonly [string, unknown])[] => {
      const config = configIn(eventOf(shape));
      return config === undefined ? [] : [[shape.title, config]];
    }),
    ...graphs,
  ];
  return configs.flatMap(([title, config], at): LibraryCase[] => [
    {
      kind: 'partitionWorkflow',
      title: `partitionWorkflow of ${title}`,
      call: async (build) => {
        const items: Item[] = [];
        await settle(items, 'answer', 'partitionWorkflow', () => build.library.partitionWorkflow(config));
        return items;
      },
    },
    {
      kind: 'buildLeanBag',
      title: `buildLeanBag of ${title}`,
      call: async (build) => {
        const { items, store, blobs } = await open(build);
        const input = {
          ownerId: at % 7 === 0 ? 'owner/of %' : 'owner-1',
          workflowId: `wf-${at}`,
          workflowConfig: config as Event,
          ...(at % 3 === 0 ? { partitionMap: [{ id: 0, type: 'normal', nodes: [], edges: [] }] } : {}),
          ...(at % 4 === 0
            ? { bag: { segment_to_run: 1, note: 'kept', workflow_config_s3_path: 's3://other/x' } }
            : {}),
        };
        const options = { clock: () => 1_769_930_000_000, ...(at % 2 === 0 ? { manifest: 'envelope' as const } : {}) };
        await settle(items, 'answer', 'buildLeanBag', () => build.library.buildLeanBag(input, store, options));
        return [...items, ...blobs()];
      },
    },
  ]);
}

interface Place {
  readonly items: Item[];
  readonly store: BlobStore;
  /** Every blob that was put, with its metadata. */
  readonly blobs: () => Item[];
}

/** A store in memory with the objects of a shape, which remembers what is put into it. */
async function open(build: Build, shape?: Shape): Promise<Place> {
  const objects = Object.entries(shape?.objects ?? {});
  const bucket = objects[0]?.[0].split('/')[0] ?? 'local';
  const inner = build.memory.memoryBlobStore({ bucket, allowBuckets: BUCKETS, now: () => 1_769_000_000_000 });
  for (const [path, bytes] of objects) {
    const key = path.slice(path.indexOf('/') + 1);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await inner.put({ key, bytes, sha256, addressed: key.includes(sha256) });
  }
  const puts = new Map<string, Item[]>();
  const store: BlobStore = {
    bucket,
    prefix: inner.prefix,
    description: inner.description,
    allowBuckets: BUCKETS,
    allowPrefixes: [...FOLDERS, `s3://${bucket}/`],
    uri: (key) => inner.uri(key),
    get: (address, options) => inner.get(address, options),
    put: (blob, signal) => {
      const { bytes, ...facts } = blob;
      puts.set(blob.key, [
        { aspect: 'blob', name: blob.key, text: textOf(bytes), form: 'exact' },
        { aspect: 'metadata', name: blob.key, text: json(facts), form: 'exact' },
      ]);
      return inner.put(blob, signal);
    },
  };
  return { items: [], store, blobs: () => [...puts.values()].flat() };
}

/** Runs a call and keeps its value, or what its error says to a program. */
async function settle(
  items: Item[],
  aspect: Item['aspect'],
  name: string,
  call: () => unknown,
  form: Item['form'] = 'exact',
): Promise<unknown> {
  try {
    const value: unknown = await call();
    items.push({ aspect, name, text: json(value), form });
    return value;
  } catch (error) {
    const {
      name: type,
      code,
      retryable,
      message,
    } = error as Error & { readonly code?: string; readonly retryable?: boolean };
    items.push({
      aspect: 'error',
      name: `${aspect} ${name}`,
      text: json({ type, code, retryable, message }),
      form: 'report',
    });
    return undefined;
  }
}

const CHANNELS = ['read', 'write', 'offload', 'cache', 'shadow-mismatch', 'fail-open'];

async function listening(items: Item[], work: () => Promise<void>): Promise<void> {
  const counts = new Map<string, number>();
  const listeners = CHANNELS.map((name) => {
    const listener = (message: unknown): void => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      items.push({ aspect: 'diagnostic', name: `${name} ${count}`, text: json(message), form: 'report' });
    };
    subscribe(`statebag-shim:${name}`, listener);
    return () => unsubscribe(`statebag-shim:${name}`, listener);
  });
  try {
    await work();
  } finally {
    for (const stop of listeners) stop();
  }
}

function json(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}

function isEvent(value: unknown): value is Event {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function eventOf({ bytes }: Shape): Event | undefined {
  try {
    const value = JSON.parse(bytes.toString()) as unknown;
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function bagIn(event: Event): Event {
  return [event.state_data, event.bag].find(isEvent) ?? {};
}

function configIn(event: Event | undefined): unknown {
  for (let at: unknown = event; isEvent(at); at = at.state_data ?? at.bag ?? at.Payload)
    if (isEvent(at.workflow_config)) return at.workflow_config;
  return undefined;
}

import { afterAll } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import { fsObjectStore } from 'statebag-shim/fs';
import { s3ObjectStore } from 'statebag-shim/s3';
import type { Layout, Mode, Speech } from 'statebag-shim';
import type { ObjectStore } from '../../src/store/object-store.js';
import { ProxiedFunction } from '../runtime-proxy/in-process.js';
import type { Json } from './bags.js';
import { testStore } from './shims.js';

export interface AdapterOptions {
  readonly mode?: Mode;
  readonly speaks?: Speech;
  /** Bytes that a result may take. */
  readonly limitBytes?: number;
  readonly layout?: Pick<Layout, 'config' | 'map' | 'manifest'>;
  /** False for a handler that runs no segment. */
  readonly segment?: false;
  /** Keeps the blobs in this directory, which adapters may share. */
  readonly directory?: string;
  /** Keeps the blobs in this bucket of a server. */
  readonly server?: { readonly endpoint: string; readonly bucket: string };
}

/** One way to put the shim in front of a handler, with a store of its own. */
export interface Adapter {
  /** The bucket `bags` holds its blobs. */
  readonly objects: ObjectStore;
  /** The answer to an event; both as they pass from one function to the next. Rejects with the error of the shim. */
  readonly invoke: (event: unknown, handler: (event: Json) => unknown) => Promise<unknown>;
}

/** The two ways: `wrap` around a handler of this process, and the proxy in front of a runtime. */
export type AdapterName = 'objects' | 'bytes';

export const ADAPTER_NAMES = ['objects', 'bytes'] as const;

/**
 * Opens adapters for the tests of a file. Those with the same name and options are one, so that a test that looks at
 * the store asks for one `apart`.
 */
export function useAdapters(): (name: AdapterName, options?: AdapterOptions, apart?: string) => Promise<Adapter> {
  const [opened, proxies] = [new Map<string, Promise<Adapter>>(), [] as ProxiedFunction[]];
  afterAll(() => Promise.all(proxies.map((proxy) => proxy.stop())));
  return (name, options = {}, apart = '') => {
    const id = JSON.stringify([name, options, apart]);
    const known = opened.get(id);
    if (known) return known;
    const adapter = name === 'objects' ? Promise.resolve(overObjects(options)) : overBytes(options, proxies);
    opened.set(id, adapter);
    return adapter;
  };
}

/** What passes from one function to the next. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function openObjects({
  directory,
  server,
}: {
  readonly directory: AdapterOptions['directory'];
  readonly server: AdapterOptions['server'];
}): ObjectStore | undefined {
  if (server !== undefined) return s3ObjectStore({ endpoint: server.endpoint, region: 'us-east-1' });
  return directory === undefined ? undefined : fsObjectStore({ root: directory });
}

/** An adapter around a handler of this process. Those that share `objects` share their blobs. */
export function overObjects(
  { mode = 'rewrite', speaks = 'lean', limitBytes, layout, segment, directory, server }: AdapterOptions,
  shared?: ObjectStore,
): Adapter {
  const { store, objects } = testStore(
    openObjects({ directory, server }) ?? shared,
    server === undefined ? {} : { bucket: server.bucket },
  );
  const budget = limitBytes === undefined ? {} : { budget: { limitBytes, headroomBytes: 0 } };
  const shim = createStateBagShim({ store, mode, speaks, ...(layout && { layout }), ...budget });
  return {
    objects,
    invoke: async (event, handler) =>
      sent(await shim.wrap<Json>((got) => handler(got), segment === false ? { segment } : {})(sent(event) as Json)),
  };
}

async function overBytes(
  { mode = 'rewrite', speaks = 'lean', limitBytes, layout, segment, directory, server }: AdapterOptions,
  proxies: ProxiedFunction[],
): Promise<Adapter> {
  const proxy = new ProxiedFunction();
  proxies.push(proxy);
  const budget = limitBytes === undefined ? {} : { LIMIT_BYTES: String(limitBytes), HEADROOM_BYTES: '0' };
  const keys = layout && { CONFIG_KEY: layout.config, MAP_KEY: layout.map, MANIFEST_KEY: layout.manifest };
  const remote = server && {
    STORE: `s3://${server.bucket}`,
    BUCKET: server.bucket,
    ENDPOINT: server.endpoint,
    REGION: 'us-east-1',
  };
  const others = { ...(segment === false && { SEGMENT: 'off' }), ...(directory !== undefined && { STORE: directory }) };
  await proxy.start({ MODE: mode, SPEAKS: speaks, ...budget, ...keys, ...others, ...remote });
  return {
    objects: openObjects({ directory, server }) ?? proxy.objects,
    invoke: async (event, handler) => {
      const answer = await proxy.invoke(JSON.stringify(event), async (bytes) =>
        JSON.stringify(await handler(JSON.parse(bytes.toString()) as Json)),
      );
      return JSON.parse(answer.toString()) as unknown;
    },
  };
}

/** The event as a handler gets it. */
export async function adaptedBy({ invoke }: Adapter, event: unknown): Promise<unknown> {
  let handed: unknown;
  await invoke(event, (got) => {
    handed = got;
    return {};
  });
  return handed;
}

/** A result as it goes back, in answer to an event without a bag. */
export function finishedBy({ invoke }: Adapter, result: unknown): Promise<unknown> {
  return invoke({}, () => result);
}

/** The keys of all blobs. */
export async function keysOf({ objects }: Adapter): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list('bags', '')) keys.push(key);
  return keys;
}

import type { BagIds, Mode, WireOptions } from '../shim/options.js';
import { parseAllowedPrefix } from '../allowed-prefix.js';
import { ConfigError } from '../errors/index.js';
import type { OpenStoreOptions } from '../store/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';

/** What is written to standard error. */
export type LogLevel = 'off' | 'problems' | 'all';

/** The environment of a proxy, read and checked. */
export interface ProxySettings {
  /** All but the store, which is opened when it is first needed. */
  readonly shim: Omit<WireOptions, 'store'>;
  readonly store: StoreSpec | undefined;
  readonly log: LogLevel;
}

export interface StoreSpec {
  readonly spec: string;
  readonly options: OpenStoreOptions;
  readonly allowBuckets: readonly string[];
  readonly allowPrefixes: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'STATEBAG_';

/** Every variable there is; `docs/runtime-proxy.md` has them in a table. */
const VARIABLES = [
  'STORE',
  'BUCKET',
  'ALLOW_BUCKETS',
  'ALLOW_PREFIXES',
  'ENDPOINT',
  'REGION',
  'PATH_STYLE',
  'KMS_KEY',
  'EXPECTED_BUCKET_OWNER',
  'MODE',
  'MODES',
  'EXPECTED_OWNER',
  'SPEAKS',
  'SEGMENT',
  'ENVELOPES',
  'ON_MISSING',
  'MANIFEST',
  'CONFIG_KEY',
  'MAP_KEY',
  'MANIFEST_KEY',
  'MEMBER_KEY',
  'BUDGET',
  'LIMIT_BYTES',
  'HEADROOM_BYTES',
  'OFFLOAD_ONLY',
  'OFFLOAD_NEVER',
  'OFFLOAD_FIRST',
  'OFFLOAD_MIN_BYTES',
  'CACHE_BYTES',
  'STORE_TIMEOUT_MS',
  'OPTIONAL_TIMEOUT_MS',
  'DEADLINE_MARGIN_MS',
  'LOG',
  'NODE',
  'RUNTIME_NODE_OPTIONS',
  'DEBUG',
] as const;

type Variable = (typeof VARIABLES)[number];

/**
 * Reads `STATEBAG_…` variables. Throws `ConfigError`: `VARIABLE_UNKNOWN` for a name that there is not,
 * `VARIABLE_INVALID`, `STORE_MISSING` for a mode that needs a store. What is wrong with an option of the shim is found
 * when the shim is made.
 */
export function parseEnvironment(env: Environment): ProxySettings {
  assertKnown(env);
  const read = (name: Variable) => (env[PREFIX + name] === '' ? undefined : env[PREFIX + name]);
  const settings = {
    shim: shimOptions(read),
    store: storeSpec(read),
    log: oneOf('LOG', read('LOG') ?? 'problems', ['off', 'problems', 'all']),
  };
  if (settings.store === undefined && settings.shim.mode !== 'observe') {
    throw new ConfigError(
      'STORE_MISSING',
      `${PREFIX}STORE is missing: s3://bucket[/prefix], or a directory; only the mode observe does without`,
    );
  }
  return settings;
}

type Read = (name: Variable) => string | undefined;

function shimOptions(read: Read): Omit<WireOptions, 'store'> {
  return {
    mode: modeOf(read),
    onUnreadable: 'pass',
    ...given('expectedOwner', read('EXPECTED_OWNER')),
    ...given('speaks', read('SPEAKS') as WireOptions['speaks']),
    ...given('segment', flag('SEGMENT', read('SEGMENT'))),
    ...given('envelopes', list(read('ENVELOPES'))),
    ...given('onMissing', read('ON_MISSING') as WireOptions['onMissing']),
    ...given('manifest', read('MANIFEST') as WireOptions['manifest']),
    layout: {
      ...given('config', read('CONFIG_KEY')),
      ...given('map', read('MAP_KEY')),
      ...given('manifest', read('MANIFEST_KEY')),
      ...given('member', read('MEMBER_KEY')),
    },
    budget:
      flag('BUDGET', read('BUDGET')) === false
        ? false
        : { ...whole('limitBytes', 'LIMIT_BYTES', read), ...whole('headroomBytes', 'HEADROOM_BYTES', read) },
    offload: {
      ...given('only', list(read('OFFLOAD_ONLY'))),
      ...given('never', list(read('OFFLOAD_NEVER'))),
      ...given('first', list(read('OFFLOAD_FIRST'))),
      ...whole('minBytes', 'OFFLOAD_MIN_BYTES', read),
    },
    cache: whole('maxBytes', 'CACHE_BYTES', read),
    ...whole('storeTimeoutMs', 'STORE_TIMEOUT_MS', read),
    ...whole('optionalTimeoutMs', 'OPTIONAL_TIMEOUT_MS', read),
    ...whole('deadlineMarginMs', 'DEADLINE_MARGIN_MS', read),
  };
}

function storeSpec(read: Read): StoreSpec | undefined {
  const spec = read('STORE');
  if (spec === undefined) return undefined;
  const s3: S3ObjectStoreOptions = {
    ...given('endpoint', read('ENDPOINT')),
    ...given('region', read('REGION')),
    ...given('forcePathStyle', flag('PATH_STYLE', read('PATH_STYLE'))),
    ...given('kmsKeyId', read('KMS_KEY')),
    ...given('expectedBucketOwner', read('EXPECTED_BUCKET_OWNER')),
  };
  return {
    spec,
    options: { ...given('bucket', read('BUCKET')), s3 },
    allowBuckets: list(read('ALLOW_BUCKETS')) ?? [],
    allowPrefixes: prefixes(read('ALLOW_PREFIXES')),
  };
}

/** `MODES` names owners, or owners and workflows, that have a mode of their own; `MODE` is everybody else's. */
function modeOf(read: Read): Mode | ((ids: BagIds) => Mode) {
  const fallback = (read('MODE') ?? 'observe') as Mode;
  const text = read('MODES');
  if (text === undefined) return fallback;
  const modes = parseModes(text);
  return ({ ownerId = '', workflowId = '' }) => modes.get(`${ownerId}/${workflowId}`) ?? modes.get(ownerId) ?? fallback;
}

function parseModes(text: string): ReadonlyMap<string, Mode> {
  try {
    const modes: unknown = JSON.parse(text);
    if (typeof modes === 'object' && modes !== null && !Array.isArray(modes)) {
      return new Map(
        Object.entries(modes).map(([name, mode]) => [
          name,
          oneOf('MODES', String(mode), ['observe', 'shadow', 'rewrite', 'strict']),
        ]),
      );
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid('MODES', 'takes a JSON object such as {"acme":"rewrite","acme/invoices":"strict"}');
}

/** A typing mistake must not pass for a default. */
function assertKnown(env: Environment): void {
  const known = new Set<string>(VARIABLES);
  const unknown = Object.keys(env).find((name) => name.startsWith(PREFIX) && !known.has(name.slice(PREFIX.length)));
  if (unknown === undefined) return;
  throw new ConfigError(
    'VARIABLE_UNKNOWN',
    `there is no variable ${unknown}; there are ${VARIABLES.map((name) => PREFIX + name).join(', ')}`,
  );
}

function given<N extends string, T>(name: N, value: T | undefined): Readonly<Partial<Record<N, T>>> {
  return (value === undefined ? {} : { [name]: value }) as Readonly<Partial<Record<N, T>>>;
}

function list(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Wrong ones are found now, not when a bag first needs one. The bucket of the store plays no part in that. */
function prefixes(text: string | undefined): readonly string[] {
  const texts = list(text) ?? [];
  for (const prefix of texts) parseAllowedPrefix(prefix, 'bucket');
  return texts;
}

function flag(name: Variable, text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : oneOf(name, text, ['on', 'off']) === 'on';
}

function whole<N extends string>(option: N, name: Variable, read: Read): Readonly<Partial<Record<N, number>>> {
  const text = read(name);
  if (text !== undefined && !/^\d{1,15}$/.test(text)) throw invalid(name, `takes a whole number, not "${text}"`);
  return given(option, text === undefined ? undefined : Number(text));
}

function oneOf<const T extends string>(name: Variable, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw invalid(name, `takes ${choices.join(', ')}, not "${text}"`);
}

function invalid(name: Variable, flaw: string): ConfigError {
  return new ConfigError('VARIABLE_INVALID', `${PREFIX}${name} ${flaw}`);
}

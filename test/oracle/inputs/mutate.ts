import { deriveSeed, seededRandom } from '../../../examples/fleet/random.js';
import type { Random } from '../../../examples/fleet/random.js';
import { SEED, turnFor } from './shapes.js';
import type { Shape } from './shapes.js';

type Members = Record<string, unknown>;

/** Changes a bag in place, or answers with what the document becomes. */
type Mutation = (random: Random, bag: Members, document: unknown) => unknown;

const PROGRAM = ['workflow_config', 'partition_map', 'segment_manifest'];
const PATHS = ['workflow_config_s3_path', 'partition_map_s3_path', 'segment_manifest_s3_path', 'manifest_s3_path'];
const IDS = ['ownerId', 'workflowId', 'owner_id', 'workflow_id', 'idempotency_key'];
const INDEXES = ['segment_index', 'segment_to_run', 'segment_id'];
const OTHERS = ['_is_init', '_status', 'state_bag_version', 'current_state', 'manifest_id', 'segment_config', 'input'];
const NAMES = [...PROGRAM, ...PATHS, ...IDS, ...INDEXES, ...OTHERS];
const VALUES: readonly unknown[] = [
  null,
  '',
  '{}',
  {},
  [],
  0,
  -1,
  1.5,
  2,
  '1',
  true,
  false,
  'text',
  [null],
  { a: 1 },
  's3://',
];
const WRAPPERS = ['bag', 'Payload', 'state_data', 'input', 'extra'];

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  drop: (random, bag) => {
    Reflect.deleteProperty(bag, random.pick(present(bag)));
  },
  retype: (random, bag) => {
    bag[random.pick(present(bag))] = random.pick(VALUES);
  },
  add: (random, bag) => {
    bag[random.pick(NAMES)] = random.pick(VALUES);
  },
  move: (random, bag) => {
    const [from, to] = [random.pick(present(bag)), random.pick(NAMES)];
    bag[to] = bag[from];
  },
  wrap: (random, _bag, document) => ({ [random.pick(WRAPPERS)]: document, next_action: 'CONTINUE' }),
  'wrap as text': (random, _bag, document) => ({ [random.pick(WRAPPERS)]: JSON.stringify(document) }),
  'nest a copy': (random, bag) => {
    bag[random.pick(WRAPPERS)] = structuredClone(bag);
  },
  'nest a copy of another owner': (random, bag) => {
    bag[random.pick(WRAPPERS)] = { ...structuredClone(bag), ownerId: 'owner-other' };
  },
  'merge into a pointer': (random, bag) => {
    const name = random.pick(PROGRAM);
    if (isMembers(bag[name])) bag[name][random.pick(['note', 'rows', 'nodes'])] = random.pick(VALUES);
  },
  'change an entry': (random, bag) => {
    const map = bag.partition_map;
    if (!Array.isArray(map) || map.length === 0) return;
    const at = random.below(map.length);
    const entry: unknown = map[at];
    if (isMembers(entry) && random.below(2) === 0)
      entry[random.pick(['id', 'type', 'nodes', 'segment_config', 'branches'])] = random.pick(VALUES);
    else map[at] = random.pick(VALUES);
  },
  'map to dict': (_random, bag) => {
    if (Array.isArray(bag.partition_map))
      bag.partition_map = Object.fromEntries((bag.partition_map as unknown[]).entries());
  },
  'value to text': (random, bag) => {
    const name = random.pick(PROGRAM);
    if (bag[name] !== undefined) bag[name] = JSON.stringify(bag[name]);
  },
  'change a node': (random, bag) => {
    const config = bag.workflow_config;
    if (!isMembers(config) || !Array.isArray(config.nodes) || config.nodes.length === 0) return;
    const node: unknown = random.pick(config.nodes as unknown[]);
    if (isMembers(node)) node[random.pick(['id', 'type', 'config'])] = random.pick(VALUES);
  },
  'make the first of a list': (_random, _bag, document) => [document, { note: 1 }],
};

/** `count` bags, each of a base shape with one to three mutations. The same seed makes the same bags. */
export function mutatedShapes(bases: readonly Shape[], count: number): Shape[] {
  const names = Object.keys(MUTATIONS);
  const usable = bases.filter(({ bytes }) => isMembers(parsed(bytes)));
  return Array.from({ length: count }, (_, at) => {
    const random = seededRandom(deriveSeed(SEED, 77, at));
    const base = pickFor(at, usable);
    let document = parsed(base.bytes);
    const done = Array.from({ length: 1 + random.below(3) }, () => {
      const name = random.pick(names);
      document = MUTATIONS[name]!(random, bagOf(document), document) ?? document;
      return name;
    });
    const bytes = respell(random, JSON.stringify(document), done);
    return { ...base, title: `mutated ${at} (${done.join(', ')}) of ${base.title}`, origin: 'mutated', bytes };
  });
}

/** A new shape is the base of some mutations, and those of all others stay. */
function pickFor(at: number, shapes: readonly Shape[]): Shape {
  const ranks = new Map(shapes.map((shape) => [turnFor(`${at} ${shape.title}`), shape]));
  return ranks.get(Math.min(...ranks.keys()))!;
}

/** Mutations of the text itself: a member twice, white space, escapes. */
function respell(random: Random, text: string, done: string[]): Buffer {
  const choice = random.below(12);
  if (choice === 0) {
    done.push('member twice');
    return Buffer.from(text.replace(/"(workflow_config|partition_map|ownerId|bag)":/, '"$1":null,"$1":'));
  }
  if (choice === 1) {
    done.push('escaped name');
    return Buffer.from(
      text.replace(/"(workflow_config|partition_map|__s3_pointer__)"/, (name) => name.replace('_', '\\u005f')),
    );
  }
  if (choice === 2) {
    done.push('white space');
    return Buffer.from(
      text.replace(/[{,]"(workflow|partition|segment)/g, (start) => `${start[0]}\n\t${start.slice(1)}`),
    );
  }
  return Buffer.from(text);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** The innermost object on the way through the wrappers. */
function bagOf(document: unknown): Members {
  let bag = isMembers(document) ? document : {};
  for (;;) {
    const inner = ['state_data', 'bag', 'Payload'].map((name) => bag[name]).find(isMembers);
    if (inner === undefined || 'workflow_config' in bag) return bag;
    bag = inner;
  }
}

function present(bag: Members): readonly string[] {
  const names = Object.keys(bag).filter((name) => NAMES.includes(name));
  return names.length > 0 ? names : ['workflow_config'];
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

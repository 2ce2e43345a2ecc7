import { createHash } from 'node:crypto';

/*
 * Objects of several owners in one bucket and around it, and which bags may read each. The rules are written down here
 * once more, so that they do not depend on the code under test.
 */

export const BUCKET = 'bags';
/** A bucket that one of the worlds allows. */
const OPEN = 'open';
const CLOSED = 'closed';

/** `undefined` is a bag without an owner. Two of the names differ only by percent-encoding. */
export const OWNERS = ['olive', 'victor', '7', 'vic/tor', 'vic%2Ftor', undefined] as const;
export const WORKFLOWS = ['press', 'forge'] as const;
export const EXECUTIONS = [1, 2] as const;

export const MAX_TARGET_BYTES = 4_096;

/** Settings of a store, and who the caller expects. */
export interface World {
  readonly prefix: string;
  readonly allowBuckets: readonly string[];
  readonly allowPrefixes: readonly string[];
  readonly layout?: { readonly config: string; readonly map: string; readonly manifest: string };
  readonly expectedOwner?: string;
  /** A store that a program made itself, which reads every bucket and compares no digest. */
  readonly isUnverified?: boolean;
  /** Memory for the caches of a shim. Default: none. */
  readonly cacheBytes?: number;
}

const LAYOUT = {
  config: 'own/{ownerId}/{workflowId}/{sha256}.json',
  map: 'maps/{ownerId}/{workflowId}/{sha256}/map.json',
  manifest: 'lists/{workflowId}/{ownerId}/{sha256}/list.json',
};

export const WORLDS: readonly World[] = [
  { prefix: 'shim/', allowBuckets: [], allowPrefixes: ['shared/'] },
  { prefix: '', allowBuckets: [], allowPrefixes: [] },
  { prefix: 'shim/', allowBuckets: [OPEN], allowPrefixes: [] },
  { prefix: 'shim/', allowBuckets: [], allowPrefixes: [`s3://${CLOSED}/shared/`], layout: LAYOUT },
  { prefix: 'shim/', allowBuckets: [], allowPrefixes: [], expectedOwner: 'olive' },
  { prefix: '', allowBuckets: [], allowPrefixes: [], isUnverified: true },
  { prefix: 'shim/', allowBuckets: [], allowPrefixes: [], cacheBytes: 1 << 24 },
];

/** Whose bag it is. */
export interface Ids {
  readonly owner: string | undefined;
  readonly workflow: string | undefined;
  readonly executions: readonly string[];
}

/** `address` and `custom` are content addresses; `unknown` is in no layout. */
type Form = 'address' | 'custom' | 'mutable' | 'executions' | 'states' | 'chunks' | 'nobody' | 'member' | 'unknown';

type Kind = 'config' | 'map' | 'manifest' | 'branches' | 'member';

/** A member of user data that a budget once took out of a bag. */
export const STORED_MEMBER = 'notes';

/** An object of the store. */
export interface Place {
  readonly bucket: string;
  /** The folder in front of its layout. */
  readonly root: string;
  readonly key: string;
  readonly form: Form;
  readonly kind: Kind;
  readonly text: string;
  /** As its key spells them. */
  readonly owner: string;
  readonly workflow: string;
  readonly execution: string;
  /** Its bytes have another digest than its key says, or are too many: it may be read and never used. */
  readonly isUnusable: boolean;
}

const encode = (id: string | undefined) => (id === undefined ? '_' : encodeURIComponent(id));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export const executionOf = (owner: string | undefined, workflow: string | undefined, run: number) =>
  `${owner ?? ''}#auto#${workflow ?? ''}#${run}`;

/** Names the place in whatever is made of its bytes. */
const markerOf = (index: number) => `at-${index}-`;

/** The places of which something is in a text. */
export function placesIn(text: string): readonly Place[] {
  return [...new Set(Array.from(text.matchAll(/at-(\d+)-/g), ([, index]) => Number(index)))].map(
    (index) => PLACES[index]!,
  );
}

type Make = (marker: string) => string;

const segment = (name: string) => ({ id: 0, type: 'normal', nodes: [{ id: name }], node_ids: [name], edges: [] });

const CONTENTS: Readonly<Record<Kind, Make>> = {
  config: (name) => JSON.stringify({ nodes: [{ id: name, type: 'code' }], edges: [] }),
  map: (name) => JSON.stringify([segment(name)]),
  manifest: (name) => JSON.stringify([{ segment_id: 0, segment_type: 'normal', segment_config: segment(name) }]),
  branches: (name) => JSON.stringify([{ branch_id: 'b', partition_map: [segment(name)] }]),
  member: (name) => JSON.stringify({ text: name }),
};

/** True for what leads to another place. */
export const isChain = ({ text }: Place) => text.includes('__s3_pointer__');

/** A manifest of which the entry is a pointer to another place. */
const leadsTo = ({ bucket, key }: Place): Make => {
  const pointer = { __s3_pointer__: true, bucket, key };
  return () => JSON.stringify([{ segment_id: 0, segment_type: 'normal', segment_config: pointer }]);
};

const KINDS = [
  ['config', 'workflow-configs', 'config.json'],
  ['map', 'workflow-partitions', 'partition_map.json'],
  ['manifest', 'workflow-manifests', 'segment_manifest.json'],
] as const;

/** Every folder in front of a layout, in every bucket. */
const ROOTS = [
  [BUCKET, ''],
  [BUCKET, 'shim/'],
  [BUCKET, 'shared/'],
  [BUCKET, 'elsewhere/'],
  [OPEN, ''],
  [OPEN, 'shim/'],
  [CLOSED, ''],
  [CLOSED, 'shared/'],
] as const;

const places: Place[] = [];

function add(
  place: Omit<Place, 'key' | 'text' | 'isUnusable'>,
  key: (digest: string) => string,
  make: Make,
  isUnusable = false,
): void {
  const text = make(markerOf(places.length));
  const digest = isUnusable ? sha256(`other ${places.length}`) : sha256(text);
  places.push({ ...place, key: place.root + key(digest), text, isUnusable: isUnusable || isHuge(text) });
}

const isHuge = (text: string) => Buffer.byteLength(text) > MAX_TARGET_BYTES;

function addPlaces(ownerId: string | undefined, workflowId: string): void {
  const [encoded, spelled, workflow] = [encode(ownerId), ownerId ?? 'none', workflowId];
  for (const [bucket, root] of ROOTS) {
    const own = { bucket, root, owner: encoded, workflow, execution: '' };
    const legacy = { ...own, owner: spelled };
    for (const [kind, folder, file] of KINDS) {
      const make = CONTENTS[kind];
      const address = { ...own, form: 'address', kind } as const;
      const key = (digest: string) => `${folder}/${encoded}/${workflow}/${digest}/${file}`;
      add(address, key, make);
      add(address, key, make, true);
      add(address, key, (name) => make(name).padEnd(MAX_TARGET_BYTES + 1));
      add({ ...own, form: 'mutable', kind }, () => `${folder}/${encoded}/${workflow}/${file}`, make);
      const custom = (digest: string) => {
        const ids = { '{ownerId}': encoded, '{workflowId}': workflow, '{sha256}': digest };
        return LAYOUT[kind].replace(/\{\w+\}/g, (name) => ids[name as keyof typeof ids]);
      };
      for (const isUnusable of [false, true]) add({ ...own, form: 'custom', kind }, custom, make, isUnusable);
    }
    // A placeholder of a legacy layout is one segment.
    for (const run of isSegment(spelled) ? EXECUTIONS : []) {
      const execution = executionOf(ownerId, workflow, run);
      const folder = `workflows/${workflow}/executions/${execution}`;
      const once = { ...legacy, execution };
      for (const kind of ['config', 'map'] as const) {
        const name = kind === 'config' ? 'workflow_config' : 'partition_map';
        const seg = run === 1 ? '' : '_seg0';
        add({ ...once, form: 'executions', kind }, () => `${folder}/${name}${seg}_1700000000000.json`, CONTENTS[kind]);
      }
      add(
        { ...once, form: 'chunks', kind: 'map' },
        () => `distributed-chunks/${spelled}/${workflow}/${execution}/chunks.json`,
        CONTENTS.map,
      );
    }
    if (isSegment(spelled)) {
      const states = `workflow-states/${spelled}/${workflow}`;
      add(
        { ...legacy, form: 'states', kind: 'config' },
        () => `${states}/workflow_config_1700000000.json`,
        CONTENTS.config,
      );
      add(
        { ...legacy, form: 'states', kind: 'branches' },
        () => `${states}/segments/0/branches/1700000000000/all_branches.json`,
        CONTENTS.branches,
      );
    }
    for (const isUnusable of [false, true])
      add(
        { ...own, form: 'member', kind: 'member' },
        (digest) => `state-members/${encoded}/${workflow}/${digest}/${STORED_MEMBER}.json`,
        CONTENTS.member,
        isUnusable,
      );
    const name = `${encoded}-${workflow}`;
    add({ ...own, form: 'nobody', kind: 'manifest' }, () => `manifests/${name}.json`, CONTENTS.manifest);
    for (const key of [
      `paused/${encoded}/${workflow}.json`,
      `workflow-configs/${workflow}/${encoded}-${'b'.repeat(40)}.json`,
      `state-blocks/${encoded}/${workflow}.json`,
    ])
      add({ ...own, form: 'unknown', kind: 'config' }, () => key, CONTENTS.config);
  }
}

const isSegment = (id: string) => !id.includes('/');

for (const owner of OWNERS) for (const workflow of WORKFLOWS) addPlaces(owner, workflow);

/** Manifests at content addresses, with pointers to places of their owner and of others. */
function addChains(count: number): void {
  const programs = places.filter(({ kind }) => kind !== 'member');
  for (const owner of OWNERS)
    for (const [bucket, root] of ROOTS.slice(0, 3))
      for (let at = 0; at < count; at++) {
        const target = programs[(places.length * 7_919 + at * 104_729) % programs.length]!;
        const workflow = WORKFLOWS[at % WORKFLOWS.length]!;
        const encoded = encode(owner);
        const own = {
          bucket,
          root,
          owner: encoded,
          workflow,
          execution: '',
          form: 'address',
          kind: 'manifest',
        } as const;
        const key = (digest: string) => `workflow-manifests/${encoded}/${workflow}/${digest}/segment_manifest.json`;
        add(own, key, leadsTo(target));
      }
}

addChains(20);

export const PLACES: readonly Place[] = places;

const byAddress = new Map(PLACES.map((place) => [`${place.bucket}/${place.key}`, place]));

export const findPlace = (bucket: string, key: string) => byAddress.get(`${bucket}/${key}`);

/** Places that a bag of the same owner and workflow may read, and all others. */
export const homePlaces = (world: World, ids: Ids): readonly Place[] =>
  PLACES.filter((place) => mayRead(world, place, ids));

/** A place of which the key holds the digest of its bytes. */
export const isAddress = (world: World, { form }: Place) =>
  form === 'address' || (form === 'custom' && world.layout !== undefined);

/** A place of which the store says that its layouts are there. */
const isOwn = ({ prefix, allowBuckets }: World, { bucket, root }: Place) =>
  allowBuckets.includes(bucket) ? root === prefix || root === '' : bucket === BUCKET && root === prefix;

const isLegacy = ({ allowBuckets }: World, { bucket, root }: Place) =>
  root === '' && (bucket === BUCKET || allowBuckets.includes(bucket));

const isAllowed = ({ allowPrefixes }: World, { bucket, root }: Place) =>
  allowPrefixes.some((prefix) => prefix === (bucket === BUCKET ? root : `s3://${bucket}/${root}`));

/** A content address that is verified when it is read. */
export const isAddressHere = (world: World, place: Place) =>
  isAddress(world, place) && (isOwn(world, place) || isAllowed(world, place));

export function mayRead(world: World, place: Place, ids: Ids): boolean {
  // Where no owner is named, the caller may know whose event it is.
  const owner = ids.owner ?? world.expectedOwner;
  if (place.form === 'member') return [ids, { ...ids, owner }].some((own) => isStoredMember(world, place, own));
  const isInOwn = isOwn(world, place) && isOwnKey(world, place, ids);
  const isInLegacy = isLegacy(world, place) && isLegacyKey(place, ids);
  return isInOwn || isInLegacy || (isAllowed(world, place) && namesNoOther(world, place, ids));
}

export function mayUse(world: World, place: Place, ids: Ids): boolean {
  // Only in a configured layout is a digest the one of the bytes.
  const isUsable = !place.isUnusable || (place.form === 'custom' && world.layout === undefined);
  return isUsable && mayRead(world, place, ids);
}

function isOwnKey(world: World, place: Place, ids: Ids): boolean {
  const isOwners = place.owner === encode(ids.owner);
  if (isAddress(world, place)) return isOwners;
  return place.form === 'mutable' && isOwners && place.workflow === encode(ids.workflow);
}

/** Only what the shim itself stored for this workflow. */
/** A child keeps the state of its parent, so any workflow of the owner. */
function isStoredMember({ prefix }: World, { bucket, root, owner }: Place, ids: Ids): boolean {
  return bucket === BUCKET && root === prefix && owner === encode(ids.owner);
}

function isLegacyKey({ form, owner, workflow, execution }: Place, ids: Ids): boolean {
  const isWorkflow = workflow === ids.workflow;
  const isExecution = ids.executions.includes(execution) && isRunOf(execution, ids);
  switch (form) {
    case 'mutable':
    case 'states':
      return isWorkflow && owner === ids.owner;
    case 'executions':
      return isWorkflow && isExecution;
    case 'chunks':
      return isWorkflow && isExecution && owner === ids.owner;
    case 'nobody':
      return true;
    default:
      return false;
  }
}

const isRunOf = (execution: string, { owner }: Ids) => owner !== undefined && execution.startsWith(`${owner}#`);

function namesNoOther(world: World, place: Place, ids: Ids): boolean {
  const { form, owner, execution } = place;
  if (isAddress(world, place)) return owner === encode(ids.owner);
  switch (form) {
    case 'mutable':
      return owner === encode(ids.owner) || owner === ids.owner;
    case 'states':
      return owner === ids.owner;
    case 'executions':
      return isRunOf(execution, ids);
    case 'chunks':
      return isRunOf(execution, ids) && owner === ids.owner;
    default:
      return true;
  }
}

/** Stored by the shim itself for a bag of this owner and workflow. */
export function isOwnBlob({ prefix }: World, key: string, { owner, workflow }: Ids): boolean {
  const [folder, one, other] = key.startsWith(prefix) ? key.slice(prefix.length).split('/') : [];
  const [ownerPart, workflowPart] = folder === 'lists' ? [other, one] : [one, other];
  const isFolder = /^(workflow-(configs|partitions|manifests)|own|maps|lists)$/.test(folder ?? '');
  return isFolder && ownerPart === encode(owner) && workflowPart === encode(workflow);
}

/** A bucket in which the store reads at all. */
export const isOpenBucket = ({ allowBuckets, allowPrefixes }: World, bucket: string) =>
  bucket === BUCKET ||
  allowBuckets.includes(bucket) ||
  allowPrefixes.some((name) => name.startsWith(`s3://${bucket}/`));

import type { SchemaFault } from '../../schemas/compiled-validator.js';
import { isObject } from './issue.js';
import type { Advice, Adviser, Place } from './issue.js';

/** What the faults of a segment manifest mean, and what to do about them. */
export const manifestAdvice: Adviser = (fault, { label }) => {
  if (fault.keyword === 'anyOf') {
    return {
      message: `${label} is no segment: it has none of \`segment_config\`, \`segment_id\`, \`id\` and \`nodes\`.`,
    };
  }
  if (fault.keyword === 'required') {
    return {
      message: '`segments` is missing: this object is no segment manifest.',
      hint: 'Other documents were written to the same key, such as the manifest of a ResultWriter. Build it anew from the map.',
    };
  }
  return {};
};

/** What the faults of a pointer mean, and what to do about them. */
export const pointerAdvice: Adviser = (fault) => {
  if (fault.keyword !== 'anyOf') return {};
  return {
    message: 'This is no pointer of a known dialect.',
    hint: 'A pointer is an `s3://bucket/key` string or an object with all members of its dialect, such as `__s3_pointer__`, `bucket` and `key`.',
  };
};

/** What the faults of an old bag mean, and what to do about them. */
export const fatBagAdvice: Adviser = (fault) => {
  if (fault.keyword === 'anyOf' && fault.instancePath === '') return NO_BAG;
  return fault.instancePath.startsWith('/partition_map/') ? UNREADABLE_MAP : {};
};

const NO_BAG: Advice = {
  message:
    'This is no state bag: none of `workflow_config`, `partition_map`, `segment_manifest` and their paths is there.',
  hint: 'If the bag lies deeper in the document, validate that part.',
};

const UNREADABLE_MAP: Advice = { hint: 'A map that holds anything but segments is never guessed at. Mend it by hand.' };

const MIGRATE = 'Migrate the document with `statebag migrate`';

/** What the faults of a lean bag mean, and what to do about them. */
export const leanBagAdvice: Adviser = (fault, place, member) => {
  if (member === undefined) return place.label === 'the document' ? { hint: 'A state bag is a JSON object.' } : {};
  if (fault.keyword === 'required' && fault.instancePath === '') return MISSING[member] ?? missingForMachine(member);
  return adviseOnMember(fault, place, member);
};

function adviseOnMember(fault: SchemaFault, place: Place, member: string): Advice {
  switch (fault.instancePath) {
    case '/workflow_config':
    case '/partition_map':
      return adviseOnFatMember(member, place.value);
    case '/_is_init':
    case '/_status':
      return adviseOnLeftover(member);
    case '/manifest_id':
      return MANIFEST_ID;
    case '/segment_manifest_s3_path':
      return place.value === null ? NULL_MANIFEST : EMPTY_PATH;
    case '/workflow_config_s3_path':
    case '/partition_map_s3_path':
      return EMPTY_PATH;
    case '/segment_manifest':
      return fault.keyword === 'required' ? NO_MANIFEST_LIST : {};
    case '/state_bag_version':
      return adviseOnVersion(place.value, Number(fault.params.allowedValue));
    default:
      return {};
  }
}

/** A migration leaves a bag of a later version as it is. */
function adviseOnVersion(value: unknown, known: number): Advice {
  const todo =
    typeof value === 'number' && value > known ? 'Validate the bag with a newer release of statebag' : MIGRATE;
  return { hint: `${todo}; this schema is that of version ${known}.` };
}

/** A member that must be gone, by what it still is: a value, the pointer object of the bridge form, or null. */
function adviseOnFatMember(member: string, value: unknown): Advice {
  const path = `${member}_s3_path`;
  if (value === null) {
    return { message: `\`${member}\` is still there, as null; a lean bag leaves the member out.`, hint: `${MIGRATE}.` };
  }
  if (isObject(value) && Object.hasOwn(value, '__s3_pointer__')) {
    return {
      message: `\`${member}\` holds a pointer object, the bridge form; a lean bag names the place in \`${path}\` instead.`,
      hint: 'Migrate the document with `statebag migrate --to lean` once every reader of it is wrapped.',
    };
  }
  return {
    message: `\`${member}\` is inline; a lean bag carries only \`${path}\`.`,
    hint: `${MIGRATE}. If it was lean before, wrap the runner that wrote the member.`,
  };
}

function adviseOnLeftover(member: string): Advice {
  return {
    message: `\`${member}\` is a leftover of the initialiser and must not be in a bag.`,
    hint: `${MIGRATE}, which takes it out: a later reader that meets it reports STARTED for ever.`,
  };
}

const MANIFEST_ID: Advice = {
  message: '`manifest_id` must not be in a lean bag.',
  hint: 'Take it out: later readers that meet it demand a database row with matching hashes. `segment_manifest_s3_path` is enough.',
};

const NULL_MANIFEST: Advice = {
  message:
    '`segment_manifest_s3_path` is null, and no `partition_map_s3_path` stands in for it: nothing leads to the program.',
  hint: 'A parallel merge in an unwrapped runner sets it to null. Put back the path from the bag before the merge.',
};

const NO_MANIFEST_LIST: Advice = {
  message: '`segment_manifest` is an object; it must be a list, null, or a whole `__s3_pointer__` object.',
};

const EMPTY_PATH: Advice = {
  hint: 'Name the object in full, `s3://bucket/key`; leave the member out when there is no such object.',
};

const MISSING: Readonly<Record<string, Advice>> = {
  state_bag_version: {
    message: '`state_bag_version` is missing: the bag does not say that it is lean.',
    hint: `${MIGRATE}, which stamps it.`,
  },
  segment_manifest_s3_path: {
    message:
      '`segment_manifest_s3_path` is missing, and no `partition_map_s3_path` stands in for it: nothing leads to the program.',
    hint: 'Put back the path from an earlier bag of the same execution.',
  },
};

function missingForMachine(member: string): Advice {
  const flat =
    member === 'distributed_strategy' ? ' Only bags of the flat era, which have `state_s3_path`, go without it.' : '';
  return {
    message: `\`${member}\` is missing: the state machine reads it and stops with States.Runtime.`,
    hint: `Put it back from an earlier bag of the same execution.${flat}`,
  };
}

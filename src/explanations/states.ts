import type { Hazard } from '../bag/hazards.js';
import type { Explanation, Section } from './explanation.js';

export const GATES = {
  heading: 'What `can-contract` counts',
  columns: ['what it means', 'what to do'],
  codes: {
    BAG_FAT: {
      title: 'Inline fields are left in the bag.',
      advice: 'Run `statebag migrate` on stored documents, and wait for executions to end.',
    },
    BAG_MUTABLE: {
      title: 'With `--accept bridge`: a path or a pointer leads to a key that another run of the workflow overwrites.',
      advice: 'Run `statebag migrate --to bridge` or `--to lean`: both move the program to a content address.',
    },
    BAG_BRIDGE: {
      title: 'Pointers of an older form are left in the bag.',
      advice: 'Run `statebag migrate --to lean`, or add `--accept bridge` if the readers continue to read them.',
    },
    BAG_OUTDATED: {
      title: 'The bag is of an older version than the newest one that this release knows.',
      advice: 'Run `statebag migrate --to lean`.',
    },
    BAG_HIDDEN: {
      title: '`workflow_config` or `partition_map` is at a place where no bag is expected.',
      detail:
        'It is in a list, in JSON text inside JSON text, in base64 text, next to the bag, below other members, or in another attribute of a row. The answer is not proven.',
      advice: 'Look at the document. If no reader takes a bag out of it, move it to another place.',
    },
    PROGRAM_MISSING: {
      title: 'No member of the bag has a program or names one.',
      detail: 'A step lost the paths, or the execution has ended. The answer is not proven.',
      advice:
        'Put the paths back from an earlier bag of the execution. If nothing continues it, move the document to another place.',
    },
  },
  outro:
    '`BAG_VERSION_UNKNOWN`, `NAME_SKIPPED`, `DIRECTORY_SKIPPED`, `NOT_A_FILE`, `LINK_DANGLING`, `SOURCE_EMPTY`, `FILE_EMPTY`, and every code of a document that cannot be read: something was not looked at. The answer is "not proven", or "no" if something else needs the shim. `gc` deletes nothing.',
} as const satisfies Section;

export const REPLAY = {
  heading: 'What `replay` finds',
  intro: 'Each code is about one recorded step. `docs/replay.md` says what is compared.',
  columns: ['what it means', 'what to do'],
  codes: {
    OLD_PROGRAM_DIFFERS: {
      title: 'The old runner and the shim run different programs for the event.',
      detail: '`difference` is the place of the first difference in the program.',
      advice: 'Compare `oldSource` with `newSource`. Correct the bag, or leave its workflow in the mode `observe`.',
      see: 'replay.md#outcomes',
    },
    OLD_RUNNER_DROPS: {
      title: 'The old runner drops the members next to `state_data`, and the shim reads them.',
      detail: 'Of the event of a branch, the old runner ran the segment of the parent.',
      advice: 'Decide which program is right. If it is that of the parent, do not wrap this task.',
      see: 'replay.md#outcomes',
    },
    OLD_RUNNER_FAILS: {
      title: 'The old runner ends with an error for the event.',
      advice: 'Read the reason. It also says what the shim does.',
      see: 'replay.md#outcomes',
    },
    OLD_RUNS_WHOLE_CONFIG: {
      title: 'The old runner runs the whole `workflow_config` as one segment.',
      detail: 'The map has no segment with the index of the event, or it is not a map. The shim never does this.',
      advice: 'Find the program that sends this index or this map, and correct it.',
      see: 'replay.md#outcomes',
    },
    OLD_RUNS_POINTER: {
      title: 'The old runner runs a pointer as if it were a program.',
      detail: 'The shim follows the pointer, or refuses it.',
      advice: 'Find the program that puts the pointer into the map, and correct it.',
      see: 'replay.md#outcomes',
    },
    CHILD_UNREAD: {
      title: 'An execution started another execution or a map run that was not read.',
      advice:
        'Name the state machine, the map run or the exported history of the child as a further source. If its steps do not count, add `--allow-unread-children`.',
      see: 'replay.md#sources',
    },
    HISTORY_OPEN: {
      title: 'A history ends before the end of the execution.',
      detail:
        'An exported one: the execution was running, or the last events are missing in the file. One that Step Functions gave: its list says that the execution has ended.',
      advice:
        'Export the history again, or run the command again. If the execution was running when it was exported, add `--allow-running`.',
      see: 'replay.md#sources',
    },
    EVENT_UNKNOWN: {
      title: 'A history has events of a type that this release does not know.',
      detail: 'They may call a runner.',
      advice: 'Use a newer release of statebag.',
      see: 'replay.md#sources',
    },
    STEP_UNKNOWN: {
      title: 'A history does not say which function was called, or what it got.',
      detail: 'The payload is not JSON text, or the request has a path, such as `Payload.$`, in place of a value.',
      advice: 'Look at the execution itself. If the function runs no segment, name the runners with `--function`.',
      see: 'replay.md#outcomes',
    },
    ERA_NOT_REPLAYED: {
      title: 'A runner of another era ran the step, and its rules are not part of the command.',
      detail:
        'The bag has `light_config`, `manifest_id`, or a `state_s3_path` that is not null, or its program is only in a manifest or at `workflow_config_s3_path`.',
      advice: 'Compare these workflows in the mode `shadow`, or read their programs with `statebag segment`.',
      see: 'replay.md#what-is-proved-and-what-is-not',
    },
  },
} as const satisfies Section;

export const HAZARDS = {
  heading: 'Hazards that `inspect` names',
  intro: 'A hazard does not stop a migration.',
  columns: ['what it means', 'what to do'],
  codes: {
    OVER_LIMIT: {
      title: 'The document exceeds 262,144 bytes, so that Step Functions refuses it.',
      advice: 'Migrate it. Resuming it unchanged fails.',
    },
    INIT_MARKERS: {
      title: '`_is_init` or `_status` is left in the bag.',
      advice: 'Nothing. The migration removes them.',
    },
    STATE_HOLDS_BAG: {
      title: '`current_state` holds a copy of the bag, with masked strings.',
      advice: 'Nothing. The copy stays where it is.',
    },
    NESTED_BAGS: {
      title: 'A bag is inside another bag.',
      advice: 'Nothing. Both are migrated.',
    },
    MANIFEST_PATH_MISSING: {
      title: 'The bag has no path of a manifest, so that readers use the map.',
      advice: 'Nothing. The migration adds the path.',
    },
    MANIFEST_AT_MUTABLE_KEY: {
      title: 'The manifest is at a key that another run of the workflow overwrites.',
      advice: 'Nothing. The migration moves it to a content address.',
    },
    MANIFEST_READ_INLINE: {
      title: 'A Map state reads the manifest inline.',
      advice: 'Nothing. The migration keeps it whole.',
    },
    PROGRAMS_DIFFER: {
      title: 'The map or manifest at a mutable key is not the one that the config gives.',
      detail:
        'A later run overwrote it. It is reported where a plan is made: by `inspect --store`, and in the journal.',
      advice: 'Nothing. The migration uses the config.',
    },
    INDEX_IS_TEXT: {
      title: 'A dict map is in the bag or behind its pointer, next to a segment index that is text.',
      detail:
        'A map behind a pointer is seen only where a plan is made. A migration to lean makes the map a list, and the newer old readers fail on a text index in a list.',
      advice: 'Wrap these readers before you migrate, or write the index as a number.',
    },
    MAP_MISSING: {
      title: 'The bag has no map.',
      detail: 'An old runner that meets the bag ends the workflow after one segment.',
      advice: 'Wrap the runner before it meets the bag.',
    },
    STAMPED_BUT_FAT: {
      title: 'The bag is stamped as lean and has inline fields.',
      detail: 'An old runner merged them back.',
      advice: 'Migrate it again, and wrap that runner.',
    },
    NEWEST_ERA: {
      title: 'The bag is of the `manifest_id` era.',
      advice: 'Nothing. It has no inline fields, and the migration leaves it as it is.',
    },
  } satisfies Readonly<Record<Hazard, Explanation>>,
} as const satisfies Section;

import type { Section } from './explanation.js';

export const FLEET = {
  heading: 'A fleet',
  codes: {
    RECORDS_MISSING: {
      title: 'A function does not know where its records go.',
      advice: 'Set `STATEBAG_RECORDS` to `s3://bucket/prefix`, and not below the documents.',
    },
    RECORD_CORRUPT: {
      title: 'An object below the records is not a record.',
      advice: 'Restore it from a version, or name another prefix.',
    },
    ITEM_INVALID: {
      title: 'An item of a Map is neither `{"id"}` nor `{"Bucket", "Key"}`.',
      advice: 'Make the manifest with `statebag fleet manifest`.',
    },
    VERSION_SUPERSEDED: {
      title: 'The manifest names a version of an object that is not the current one any more.',
      detail: 'Old versions are not rewritten.',
      advice: 'Make a new manifest.',
    },
    TASK_FAILED: {
      title: 'A task ended without an answer: it timed out, crashed or had no access.',
      detail: 'The reason is the one that the service gave.',
      advice: 'Correct the reason, then run what failed again with `statebag fleet manifest --only-failed`.',
    },
    REPORT_INVALID: {
      title: 'The file given to `fleet collect` is not a report.',
      advice: 'Name the `manifest.json` of the completion report or of the ResultWriter.',
    },
    INVENTORY_INVALID: {
      title: 'The file is not an S3 inventory, or the inventory is not in CSV.',
      advice: 'Name the `manifest.json` of the inventory, and configure the inventory for CSV.',
    },
    CENSUS_INVALID: {
      title: 'The file of `--census` is not a report of `inspect`.',
      advice: 'Write it with `statebag inspect SOURCE --json > FILE`.',
    },
    MANIFEST_EMPTY: {
      title: 'Nothing is left to be done.',
      advice: 'Check the source, the census or the journal.',
    },
    MANIFEST_FORMAT: {
      title: 'S3 Batch Operations takes whole objects only.',
      advice: 'Use `--format jsonl`, for a Distributed Map.',
    },
    RATES_INVALID: {
      title: 'A rate of `--rates` is unknown or not a number.',
      detail: 'There are no prices any more: the plan counts requests.',
      advice: 'Correct the rate; the message has the names.',
    },
    WORKER_LOST: {
      title: 'A process of `--workers` ended before its work.',
      advice: 'Run the same command again. The journal records every completed change.',
    },
  },
} as const satisfies Section;

export const MACHINES = {
  heading: 'State machines that `asl` reads',
  codes: {
    ASL_NOT_FOUND: {
      title: 'Nothing in the file has `StartAt` and `States`.',
      advice: 'Name the file of the definition, or of the template around it.',
    },
    ASL_INVALID: {
      title: 'A value begins like a state machine and is not one.',
      detail: 'The message says where.',
      advice: 'Correct it: Step Functions would refuse it too.',
    },
    ASL_UNREADABLE: {
      title: 'A definition, or a part of one, is known to be there and cannot be read.',
      detail: 'A program in it would not be found. docs/asl.md lists what is read.',
      advice:
        'Check the definition where it is written: name its file, or the template after its values are filled in.',
    },
    ASL_BINARY: {
      title: 'The file has zero bytes in it.',
      advice: 'Leave it out with a glob.',
    },
    ASL_TOO_LARGE: {
      title: 'The file is larger than a definition can be.',
      advice: 'Leave it out with a glob.',
    },
    YAML_SYNTAX: {
      title: 'The file is not YAML.',
      advice: 'Correct the line that the message names.',
    },
    YAML_TOO_DEEP: {
      title: 'The YAML nests deeper than statebag reads.',
      advice: 'Correct the line that the message names, or leave the file out with a glob.',
    },
    YAML_TOO_LARGE: {
      title: 'The YAML has too many values when its aliases are followed.',
      advice: 'Correct the aliases near the line that the message names.',
    },
  },
} as const satisfies Section;

export const RUNTIME = {
  heading: 'In front of a runtime',
  codes: {
    VARIABLE_UNKNOWN: {
      title: 'A `STATEBAG_…` variable of the function is not one that it reads.',
      advice: 'Correct the name; the message says which one.',
      see: 'runtime-proxy.md#settings',
    },
    VARIABLE_INVALID: {
      title: 'A `STATEBAG_…` variable of the function has a wrong value.',
      advice: 'Correct the value; the message says what the variable takes.',
      see: 'runtime-proxy.md#settings',
    },
    RUNTIME_API_INVALID: {
      title: 'The proxy was started outside of a Lambda function.',
      advice: 'Start it through `AWS_LAMBDA_EXEC_WRAPPER`.',
      see: 'runtime-proxy.md#adding-it-to-a-function',
    },
    COMMAND_MISSING: {
      title: 'No runtime is named after `--`.',
      advice: 'Give the command line of the runtime.',
    },
    PAIR_INVALID: {
      title: 'A line of `seal --with-events` is not `{"event": …, "result": …}`.',
      advice: 'Correct the program that writes these lines.',
    },
  },
} as const satisfies Section;

const REPORT =
  'Report the message, the output of the same command with `STATEBAG_DEBUG=1` and, if you may, the document.';

export const DEFECTS = {
  heading: 'Errors in the tool (exit code 70)',
  intro: 'An internal promise of the tool was broken. The document has not been modified.',
  codes: {
    INVERSE_BROKEN: { title: 'The inverse of the change would not give the original bytes.', advice: REPORT },
    MEMBER_ABSENT: { title: 'A member to be replaced is not in the bag.', advice: REPORT },
    MEMBERS_NOT_RECORDED: { title: 'The members of an object were not recorded by the scan.', advice: REPORT },
    MIGRATION_PATH_AMBIGUOUS: { title: 'Two ways lead from one version of the bag to another.', advice: REPORT },
    MIGRATION_PATH_MISSING: { title: 'No way leads from one version of the bag to another.', advice: REPORT },
    WRONG_KIND: { title: 'A value is of another kind than the caller promised.', advice: REPORT },
    SPLICE_ORDER: { title: 'Two changes of a document overlap or are out of order.', advice: REPORT },
    SPLICE_IN_CHARACTER: { title: 'A change begins inside an escaped character.', advice: REPORT },
    EDITS_MISMATCH: { title: 'The number of edits is not the number of members.', advice: REPORT },
    EDIT_WITHOUT_PATH: { title: 'An edit of a row names no member.', advice: REPORT },
    EDIT_THROUGH_SCALAR: { title: 'An edit of a row leads through a value without members.', advice: REPORT },
    RAW_IN_OUTLINE: { title: 'Unparsed JSON was to be validated as a new member.', advice: REPORT },
    UNEXPECTED: { title: 'An error without a code reached the end of a command.', advice: REPORT },
  },
} as const satisfies Section;

import type { Section } from './explanation.js';

export const ROWS = {
  heading: 'Rows of a table',
  codes: {
    TABLE_NOT_FOUND: {
      title: 'The table does not exist in this account and region.',
      advice: 'Check the name, the region and `--dynamodb-endpoint`.',
    },
    TABLE_DENIED: {
      title: 'The role may not do it, or the credentials have expired.',
      detail: 'The message names the IAM action.',
      advice: 'Add the action to the policy of the role, or renew the credentials.',
      see: 'rollout.md#who-may-do-what-iam',
    },
    TABLE_THROTTLED: {
      title: 'The table refused a request for one minute because it had no capacity left.',
      advice: 'Run again with `--max-wcu`, or raise the capacity.',
    },
    TABLE_UNAVAILABLE: {
      title: 'DynamoDB did not answer, or answered with a status of 500 or above.',
      advice: 'Run again.',
    },
    TABLE_TIMEOUT: {
      title: 'A request to the table took too long.',
      detail: 'The next run finds out whether it was carried out.',
      advice: 'Run again.',
    },
    TABLE_REJECTED: {
      title: 'DynamoDB refused the request for another reason.',
      advice: 'Read the message; it has the answer of DynamoDB.',
    },
    INDEX_NOT_FOUND: {
      title: 'The source names an index that the table does not have.',
      advice: 'Correct the name of the index.',
    },
    ROW_WITHOUT_BAG: {
      title: 'The row has neither `context` nor `state_data`.',
      detail: 'The outcome is `unchanged`.',
      advice: 'Nothing.',
    },
    DISTRIBUTED_TOKEN: {
      title: 'The row is the token of a distributed chunk and has no bag.',
      detail: 'The outcome is `unchanged`.',
      advice: 'Nothing.',
    },
    TOKEN_MISSING: {
      title: 'The row has no `taskToken`, so that its execution cannot be resumed.',
      advice: 'Nothing. The ttl removes the row.',
    },
    ATTRIBUTE_NOT_JSON: {
      title: 'A member to be offloaded holds a binary value, a set, or a number beyond JSON.',
      advice: 'Correct the row by hand, or wait until its ttl removes it.',
    },
    NUMBER_NOT_STORABLE: {
      title: 'A number has more digits than DynamoDB keeps.',
      detail: 'The bag cannot be stored as a map.',
      advice: 'Keep the bag as text.',
    },
    ROW_TOO_LARGE: {
      title: 'The migrated row would exceed 400 KB.',
      advice: 'Find out what else is in the row, and remove it.',
    },
    ROW_TOO_DEEP: {
      title: "The row nests deeper than DynamoDB's 32 levels.",
      advice: 'Nothing. The row could not have been written today; leave it as it is.',
    },
  },
} as const satisfies Section;

export const RESUMING = {
  heading: 'Why the legacy resume handler refuses a row',
  intro: '`inspect` and the reports have these codes. The row has no `taskToken`: see `TOKEN_MISSING`.',
  columns: ['why', 'does a migration help?'],
  codes: {
    OUTPUT_TOO_LARGE: {
      title: 'The output of the handler would exceed 262,144 bytes.',
      advice: 'Yes: config and map become pointers.',
    },
    CONFIG_MISSING: {
      title: '`workflow_config` is absent or null.',
      advice: 'Only if a pointer to it is in the row.',
    },
    CONFIG_EMPTY: {
      title: '`workflow_config` is `{}`, which the handler takes for missing.',
      detail: 'The bridge form leaves it as it is.',
      advice:
        'Only if `workflow_config_s3_path` in the row points to the config at a key without a digest. Otherwise wrap the resume path, or give the row its config.',
    },
    CONFIG_NOT_OBJECT: {
      title: '`workflow_config` is a string or a list.',
      advice: 'Yes, with `--to bridge`, if it is a string that points to the config. Otherwise no.',
    },
    CONTEXT_UNREADABLE: {
      title: '`context` is not a JSON object.',
      advice: 'No.',
    },
    NUMBER_TOO_LARGE: {
      title: 'The handler cannot convert a number of 1e28 or more.',
      advice: 'Yes, if the number was in the config or in the map.',
    },
    TTL_EXPIRED: {
      title: 'The ttl of the row has passed; the table removes it at any moment.',
      advice: 'No. Resume the execution now, or let the row go.',
    },
  },
} as const satisfies Section;

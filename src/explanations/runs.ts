import type { Section } from './explanation.js';

const JOURNALS = {
  JOURNAL_MISSING: {
    title: 'The directory has no journal.',
    advice: 'Name the directory that `migrate --journal DIR` wrote to.',
  },
  JOURNAL_EMPTY: {
    title: 'The journal has no run.',
    advice: 'Nothing was migrated. Check the directory, or run `migrate --apply`.',
  },
  JOURNAL_LOCKED: {
    title: 'Another run writes to the journal, or a killed run left its lock.',
    detail:
      'The lock of a killed run is taken over only on the same host, in the same container and since the same boot, and not on macOS or Windows.',
    advice:
      'Wait for the run to end. If the message comes back, make sure that the process it names has ended (`ps -p PID` on that host, or in that container). Then remove the lock file it names. After that, files named `.statebag-*` next to documents can be removed too.',
  },
  JOURNAL_OPEN: {
    title: '`gc`: the last run of a journal has no end.',
    detail:
      'The run is active or was killed, or the file was cut off. Then it may not name every blob that a rollback needs.',
    advice: 'Wait for the run, or run the same command again. If the file was cut off, restore it from a copy.',
  },
  JOURNAL_INCOMPLETE: {
    title: 'The journal does not have the entries that its runs have written.',
    detail:
      'A run counts its entries at its end. Some of them are missing, are there twice, or are in the place of others, so documents may be unknown. `status`, `report`, `verify` and `rollback` use what is there and end with exit code 1. `gc` deletes nothing. Journals of releases that did not count are not compared.',
    advice:
      'Restore the journal from a copy; `statebag journal check DIR` says which figures differ. Without a copy, run `migrate` over the same sources with a `--journal` of its own, and ask that one how far the migration is. Keep this one for `rollback`: it restores the documents that it still has.',
  },
  JOURNAL_NEEDED: {
    title: '`gc`: no journal of a run into this store is named.',
    detail:
      'A rolled back document gets the original bytes back from its journal and from blobs that nothing else names. Without the journal, `gc` would delete those blobs.',
    advice:
      'Name every journal of a run into this store with `--journal`. Add `--no-journal` if there is none, or if none is needed any more.',
  },
  JOURNAL_MISMATCH: {
    title: 'The journal is about another target, store, bucket, prefix, layout of blob keys, or `--out`.',
    detail: 'The run has written nothing.',
    advice: 'Give this run a `--journal` of its own.',
  },
  JOURNAL_VERSION: {
    title: 'Another release wrote the journal.',
    advice: 'Use the release that wrote it.',
  },
  JOURNAL_INVALID: {
    title: 'A line is not a journal entry, or a file is in the place of the directory or of one above it.',
    advice: 'Check `--journal`.',
  },
  JOURNAL_CORRUPT: {
    title: 'A line of the journal is damaged, and entries of the same run follow it.',
    detail: 'A torn last line does not count as damage.',
    advice:
      '`statebag journal check DIR` names every damaged line. Restore the journal from a copy, or use the sound lines with `--skip-damaged`.',
  },
  JOURNAL_LOST: {
    title: 'The journal was removed, replaced or truncated while a run was writing it.',
    detail: 'The run has changed no further document.',
    advice:
      'Restore the journal from a copy if there is one: documents that were changed can be rolled back only with it. Then run the same command again.',
  },
  INTENT_LOST: {
    title:
      'The journal says that the document was migrated, and the line with its original bytes is damaged or missing.',
    detail: 'The document has not been modified.',
    advice: 'Restore the journal from a copy.',
  },
  RESTORE_MISMATCH: {
    title: 'Journal and blobs do not give the original bytes.',
    detail: 'The document is left as it is.',
    advice: 'Restore the blob that was replaced. Never run `gc` without `--journal`.',
  },
} as const satisfies Section['codes'];

const PLANS = {
  PLAN_INVALID: {
    title: 'The file is not a plan.',
    detail:
      'A named pipe, a socket or a device cannot be a plan, and `--plan-out` does not replace one. `--plan <(zcat plan.gz)` is read.',
    advice: 'Make a new plan with `--plan-out`.',
  },
  PLAN_VERSION: { title: 'The plan is of another release.', advice: 'Make a new plan with this release.' },
  PLAN_MISMATCH: {
    title: 'The plan is about another store, target or source.',
    advice: 'Make a new plan, or name what the plan was made for.',
  },
  PLAN_BROKEN: {
    title: 'The seal of the plan does not match: the plan was edited or cut off.',
    advice: 'Make a new plan.',
  },
  PLAN_DOCUMENT_MOVED: {
    title: 'A document changed since the plan was made.',
    advice: 'Make a new plan for the document.',
  },
  PLAN_DOCUMENT_MISSING: {
    title: 'A document of the plan does not exist any more.',
    advice: 'If the execution was resumed, nothing. Otherwise make a new plan.',
  },
  PLAN_DIFFERS: {
    title: 'This release would migrate the document in another way than the plan says.',
    advice: 'Make a new plan with this release.',
  },
} as const satisfies Section['codes'];

const ARGUMENTS = {
  OUTPUT_FAILED: {
    title: 'Standard output cannot be written, for example because the disk is full.',
    detail:
      'What was printed is incomplete. `migrate --apply` and `rollback --apply` go on to their end; other commands end.',
    advice: 'Make room, or send the output elsewhere. For a run, `statebag status --journal DIR` says what was done.',
  },
  STDOUT_GONE: {
    title: 'A document that went to standard output cannot be read again.',
    advice: 'Write to a file with `--out FILE`.',
  },
  STDIN_GONE: {
    title: 'A document that came from standard input or a pipe cannot be read again.',
    advice: 'Keep the document in a file, and name the file.',
  },
  OUT_EXISTS: {
    title: 'The file or object of `--out` exists already.',
    advice: 'Remove it, or name another one.',
  },
  OUT_INVALID: {
    title: '`--out` is not possible for this source.',
    detail: 'A copy is a new file: it does not replace a pipe, a socket or a device.',
    advice: 'The message says which form of `--out` the source needs.',
  },
  OUT_MISSING: {
    title: 'The source cannot be replaced, and `--out` is missing.',
    advice: 'Add `--out`. For a function of a fleet, set `STATEBAG_OUT`.',
  },
  USAGE: { title: 'The command line is wrong.', advice: 'See `statebag COMMAND --help`.' },
  COMMAND_UNKNOWN: { title: 'statebag has no such command.', advice: 'See `statebag --help`.' },
  LAYOUT_INVALID: {
    title: 'A key template cannot hold what it names.',
    advice: 'Correct the template; the message says what is wrong.',
  },
  MAX_FAILURES_INVALID: {
    title: 'The value of `--max-failures` is wrong.',
    advice: 'Give a number or a percentage: `5`, `5%`.',
  },
  SHARD_INVALID: {
    title: 'The value of `--shard` is wrong.',
    advice: 'Give the number of the part and the number of parts: `1/4`.',
  },
  TTL_TOO_SHORT: {
    title: '`gc` was asked to keep blobs for less than 48 hours.',
    detail: 'A younger blob may be on its way into a bag.',
    advice: 'Give a longer time.',
  },
} as const satisfies Section['codes'];

const VALIDATION = {
  SCHEMA_NOT_FOUND: {
    title: '`--schema` names nothing that exists.',
    advice: 'Correct the path. `statebag validate --help` lists the names of schemas.',
  },
  SCHEMA_UNKNOWN: {
    title: 'No schema recognises the document.',
    advice: 'Name the schema with `--schema`.',
  },
  SCHEMA_INVALID: {
    title: 'The file of `--schema` is not a JSON Schema (2020-12).',
    advice: 'Correct the schema; the message says what is wrong.',
  },
  SCHEMA_UNSUPPORTED: {
    title: 'The file of `--schema` is a schema that statebag cannot apply.',
    detail:
      'It is written for another dialect than JSON Schema 2020-12, applies itself to the same value without an end, or has a number that a double does not keep.',
    advice: 'Change the schema at the place that the message names.',
    see: 'validate.md',
  },
  SCHEMA_TIMEOUT: {
    title: 'The schema of the user did not decide a document in 5 seconds.',
    detail: 'Nothing is known of the document. The other documents are checked.',
    advice: 'Look for a `pattern` with a repetition inside a repetition, such as `(a+)+`, and write it in another way.',
    see: 'validate.md',
  },
  SCHEMA_LIMIT: {
    title: 'The check of a document by the schema of the user nests too deeply, or needs more than 1,024 MB.',
    detail: 'Nothing is known of the document. The other documents are checked.',
    advice: 'Look for a `$dynamicRef` that leads back to the same value. Split a document that is too large.',
    see: 'validate.md',
  },
  SCHEMA_FAILED: {
    title: 'The validator failed while it checked a document by the schema of the user.',
    detail: 'Nothing is known of the document. The other documents are checked. The message has the reason.',
    advice: 'Write the rule that is applied to such a value in another way.',
    see: 'validate.md',
  },
  SCHEMA_TOO_LARGE: {
    title: 'A schema, or a file that it refers to, has more than 16 MiB.',
    advice: 'Check the path. Leave data out of the schema.',
  },
  SCHEMA_REMOTE: {
    title: 'A schema refers to another one on the network.',
    detail: 'statebag fetches nothing.',
    advice: 'Store that schema next to the first one, and refer to the copy.',
  },
  SCHEMA_OUTSIDE: {
    title: 'A schema refers to a file outside of its own folder, by a path or a link.',
    advice: 'Put a copy into that folder, and refer to the copy.',
  },
  NOT_A_BAG: {
    title: 'The document is not a state bag and does not contain one.',
    advice: 'Use `--schema auto`, or the schema of the document.',
  },
  STRAY_BAG: {
    title: 'A second state bag in the document is not lean.',
    detail: 'It is inside the lean bag, under `bag` or `Payload`, or next to it.',
    advice:
      'Remove it where the document is written, or wrap the handler that writes it. `statebag migrate` does not change it.',
  },
  DUPLICATE_MEMBER: {
    title: 'An object has a member more than once.',
    detail:
      'Readers differ in which of them they take: another one may see another bag, program or value. The place is that of the second.',
    advice: 'Find the program that writes the document, and leave one of the two.',
  },
  EXPECTED_INVALID: {
    title: 'A document that must fail is valid.',
    detail: '`--expect invalid` was given.',
    advice: 'Correct the fixture, so that it fails as it should, or correct the schema.',
  },
} as const satisfies Section['codes'];

export const RUNS = {
  heading: 'Journals, plans and the command line',
  codes: { ...JOURNALS, ...PLANS, ...ARGUMENTS, ...VALIDATION },
} as const satisfies Section;

import type { Section } from './explanation.js';

export const CONFLICTS = {
  heading: 'Two programs at the same document (conflicts)',
  codes: {
    DOCUMENT_MOVED: {
      title: 'The document changed or vanished since it was read, or since it was migrated.',
      advice: 'Run again: the document is read again. `rollback` leaves such a document as it is on purpose.',
    },
    DOCUMENT_LOCKED: {
      title: 'Another run is replacing the document or copy at this moment, or was killed while it did so.',
      detail: 'The document is left as it is.',
      advice:
        'Run again. If the message comes back, make sure that the process it names has ended (`ps -p PID` on that host, or in that container). Then remove the lock file it names.',
    },
    TEMPORARY_FILE_REPLACED: {
      title: "Another program removed or replaced statebag's temporary file before the rename.",
      detail: 'The document is left as it is.',
      advice: 'Run again. Exclude `.statebag-*` from programs that remove temporary files.',
    },
    PRECONDITION_FAILED: {
      title: 'A conditional write or delete met another version of the object.',
      advice: 'Run again.',
    },
    WRITE_CONFLICT: {
      title: 'Another conditional write of the object was under way.',
      detail: 'In a directory store: the object stayed locked for 20 seconds.',
      advice: 'Run again. If the message names a lock file and its process has ended, remove the file.',
    },
    CONTAINER_FAILED: {
      title: 'The file or object around the document could not be written.',
      detail: 'It is unchanged.',
      advice: 'See the code of the file or object. Then run again with `--only-failed`, which takes all of it.',
    },
    ROW_GONE: {
      title: 'The row vanished, because the execution was resumed or the row expired.',
      detail: 'The outcome is `unchanged`.',
      advice: 'Nothing.',
    },
    ROW_REPLACED: {
      title: 'The row belongs to another pause of the execution now.',
      detail: 'The outcome is `unchanged`.',
      advice: 'Run again to migrate the new row.',
    },
    ROW_CONDITION: {
      title: 'The condition of an update of a row did not hold.',
      detail: 'Only a driver of a table throws it. It becomes `ROW_GONE`, `ROW_REPLACED` or `DOCUMENT_MOVED`.',
      advice: 'Nothing.',
    },
    BLOB_RENEWED: {
      title: '`gc`: another program wrote the blob again since it was listed.',
      detail: 'The blob is kept.',
      advice: 'Nothing.',
    },
    ALREADY_ORIGINAL: {
      title: '`rollback` found the original bytes.',
      advice: 'Nothing.',
    },
    NOT_MIGRATED: {
      title: '`verify` found the original bytes.',
      detail: 'The run ended before this document, or the document was rolled back.',
      advice: 'If the document is to be migrated, run `migrate` again.',
    },
    STORED_BY_DIGEST: {
      title: 'The path of a bag has the SHA-256 of its bytes, so it may be a blob that pointers name.',
      detail: 'The bag is left unchanged.',
      advice: 'If it is a document, copy it to a path without the digest and migrate the copy.',
    },
    RECOVERED: {
      title: 'An earlier run had replaced the document, and was killed before it recorded the result.',
      advice: 'Nothing.',
    },
    RUN_STOPPED: {
      title: 'The run was stopped before this document was written.',
      advice: 'Run the same command again.',
    },
  },
} as const satisfies Section;

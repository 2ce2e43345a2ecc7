import type { Section } from './explanation.js';

const STORES = {
  STORE_UNAVAILABLE: {
    title:
      'The store answered with a status of 500 or above other than 501, throttled the request, or broke the connection.',
    detail: 'This lasted longer than the retries.',
    advice: 'Run again, with a lower `--concurrency`.',
  },
  STORE_TIMEOUT: {
    title: 'A request to the store took too long.',
    advice: 'Run again.',
  },
  STORE_DENIED: {
    title: 'The store refused the request: the status is 401 or 403, or the credentials are missing or expired.',
    detail: 'The message names the IAM action. The error is retryable if the credentials have expired.',
    advice: 'Renew the credentials, and check the policy of the role and of the bucket.',
    see: 'rollout.md#who-may-do-what-iam',
  },
  STORE_REJECTED: {
    title: 'The store refused the request for another reason.',
    advice: 'Read the message; it has the answer of the store.',
  },
  STORE_UNSUPPORTED: {
    title: 'The server does not have a feature that the request needs: it answered 501 (NotImplemented).',
    detail:
      'statebag needs conditional writes (`If-Match`, `If-None-Match`), SHA-256 checksums and, if an object has tags, tags. A later try gets the same answer.',
    advice: 'Update the server, or name a store on another one. The message has the answer of the server.',
  },
  CONDITIONS_IGNORED: {
    title: 'The server wrote or deleted an object although the condition of the request did not hold.',
    detail:
      'Such a server, or a proxy in front of it, ignores `If-Match` or `If-None-Match`: two programs would overwrite each other without a notice. `--apply` is refused. No document was changed. If the object of the check could not be deleted, the message names it.',
    advice: 'Name the endpoint of the server itself, update the server, or use another one. A dry run still works.',
  },
  BLOBS_EXPIRE: {
    title: 'A lifecycle rule of the bucket deletes or archives blobs while paused executions may still need them.',
    detail:
      'A blob must stay for as long as `gc` keeps it: an execution runs for up to 366 days and may be redriven for 14 more. A rule with a later time, for tagged objects, or for other prefixes is not meant: blobs have no tags.',
    advice: 'Take the folders of blobs out of the rule. If every execution ends earlier, add `--allow-expiry`.',
    see: 'rollout.md#settings-of-the-bucket',
  },
  ETAG_WEAK: {
    title: 'The server gave a weak ETag (`W/"…"`) for an object that is to be replaced or deleted.',
    detail:
      'By RFC 9110 a weak ETag never matches in `If-Match`. It comes from a proxy that changes answers, for example one that compresses them.',
    advice: 'Name the endpoint of the server itself, or let the proxy pass answers unchanged. Then run again.',
  },
  STORE_FULL: {
    title: 'The store has no space left.',
    advice: 'Free space, and run again.',
  },
  STORE_MISSING: {
    title: 'A pointer must be followed or a blob must be stored, and no store is named.',
    detail: 'In the library, every mode other than `observe` needs one.',
    advice: 'Name the store with `--store`, the option `store`, or `STATEBAG_STORE`.',
  },
  STORE_INVALID: {
    title: 'The store is neither `s3://bucket[/prefix]` nor a directory.',
    advice: 'Correct `--store`.',
  },
  STORE_ROOT_EMPTY: {
    title: 'The file-system store was given an empty root.',
    advice: 'Name a directory.',
  },
  BUCKET_MISSING: {
    title: 'A store was made without a bucket.',
    advice: 'Name the bucket.',
  },
  BUCKET_NOT_FOUND: {
    title: 'The bucket does not exist.',
    advice: 'Check the name after `s3://` or `--bucket`, and the region and endpoint.',
  },
  REGION_MISSING: {
    title: 'No AWS region is set.',
    advice: 'Set `--region` or `AWS_REGION`.',
  },
  OBJECT_NOT_FOUND: {
    title: 'The store has no object at the key.',
    advice:
      'Restore the object from a version or a backup. If it is stored elsewhere, name that store with `--store` or `--allow-bucket`.',
  },
  OBJECT_TOO_LARGE: {
    title: 'The object is larger than the `maxBytes` of the request.',
    advice: 'Find out what wrote the object: a config has about 200 KB.',
  },
  OBJECT_ARCHIVED: {
    title: 'The object is in an archive storage class.',
    advice: 'Restore the object in S3 first, and run again.',
  },
  BODY_TRUNCATED: {
    title: 'The connection broke before the whole object was read, in every attempt.',
    advice: 'Run again. If it comes back, look at the network.',
  },
  KEY_INVALID: {
    title: 'The store cannot hold such a key.',
    detail: 'A file system holds no empty folder names, and none of more than 255 bytes.',
    advice: 'Use S3, or a layout without such keys.',
  },
} as const satisfies Section['codes'];

const DISKS = {
  DISK_FULL: {
    title: 'The disk has no space left.',
    detail: 'A file is written whole or not at all.',
    advice: 'Free space, and run again.',
  },
  DISK_BUSY: {
    title: 'Too many files are open.',
    advice: 'Lower `--concurrency`.',
  },
  DISK_ERROR: {
    title: 'The disk failed for another reason.',
    advice: 'Read the message; it has the answer of the operating system.',
  },
  FILE_NOT_FOUND: {
    title: 'The file vanished.',
    advice: 'If the execution was resumed, nothing. Otherwise check the path.',
  },
  FILE_DENIED: {
    title: 'The user may not read or write the file.',
    advice: 'Correct the permissions.',
  },
  FILE_INVALID: {
    title: 'The path is a directory, a pipe, a socket, a device, a loop of links, or too long.',
    advice: 'Correct the path.',
  },
} as const satisfies Section['codes'];

const SOURCES = {
  SOURCE_INVALID: {
    title: 'The source is not spelled as a file, directory, glob or URI that statebag reads.',
    detail: 'Or it is a socket or a device. A pipe that is named is read once, as `-` is.',
    advice: 'See `statebag inspect --help`.',
  },
  SOURCE_NOT_FOUND: {
    title: 'The path, state machine or map run does not exist.',
    advice: 'Check the path; a glob must be quoted, so that the shell does not expand it.',
  },
  SOURCE_IS_RECORD: {
    title: 'The file that is named as a source is a journal or a plan of statebag.',
    advice: 'Name the files or directories that hold the documents.',
  },
  SOURCE_EMPTY: {
    title: 'A source has no document.',
    detail:
      'A mistyped path and an export that broke off look the same as a finished migration. `gc` and `can-contract` report every source without a document (exit code 1, "not proven"). A directory, glob or prefix without a file or object is an error of the command line (exit code 2).',
    advice: 'Check the name. For `gc` and `can-contract`, add `--allow-empty` if the source is empty on purpose.',
  },
  FILE_EMPTY: {
    title: '`gc`, `can-contract`: a file or object has no document.',
    detail: 'An export that broke off looks the same.',
    advice: 'Check the file. Add `--allow-empty` if it is empty on purpose.',
  },
  NAME_SKIPPED: {
    title: 'A file of a directory was not read because of its name.',
    detail:
      'The name does not end in `.json`, `.ndjson` or `.jsonl`, or in one of these and `.gz`, in any case of letters.',
    advice:
      'Name the file itself, or a glob that matches it. If no bag can be in it, leave it out with `--ignore`, which the answer repeats.',
  },
  DIRECTORY_SKIPPED: {
    title: '`gc`, `can-contract`: a glob matches a directory, and the files in it were not read.',
    advice: 'Name the directory itself, or add `/**` to the glob.',
  },
  NOT_A_FILE: {
    title: '`gc`, `can-contract`: a pipe, socket or device in the directory was not read.',
    advice: 'Move it out of the directory.',
  },
  LINK_DANGLING: {
    title: 'A link in a directory, or one that a glob matches, leads to something that does not exist.',
    advice: 'Mount or restore its target, or remove the link.',
  },
  NAME_NOT_UTF8: {
    title: 'The name of a file or directory is not UTF-8, so that it cannot be opened.',
    advice: 'Rename it, or move it out of the directory.',
  },
  SOURCE_READ_ONLY: {
    title: 'The source can only be read; no program can change a running execution.',
    advice: 'For executions, wrap the readers. For a part of an export, write to a copy.',
    see: 'rollout.md#what-cannot-be-done-and-why',
  },
  SOURCE_COMPRESSED: {
    title: 'A compressed file or object has a document that is to be migrated, and it is not rewritten.',
    detail: 'Compressed again, its bytes would be others, and a rollback could not give the same file back.',
    advice: 'Decompress it and migrate what comes out, then remove the compressed one.',
  },
  GZIP_INVALID: {
    title: 'A compressed file or object is not gzip, or is cut off.',
    detail:
      'Or a document has compressed text that cannot be decompressed, or more than 64 MB or nine levels of it: the answer of a gate is not proven.',
    advice:
      'Copy the file again from its origin. If a document has such text, look at it, and leave the document out with `--ignore` if the text is none of a bag.',
  },
  STATE_TRUNCATED: {
    title: "Step Functions returned only a part of a state's input.",
    detail: 'The execution counts as not lean.',
    advice: 'Look at the execution in Step Functions.',
  },
  HISTORY_INVALID: {
    title: 'The document is not the history of an execution.',
    advice: 'Export it with `aws stepfunctions get-execution-history --execution-arn ARN --output json`.',
  },
  HISTORY_INCOMPLETE: {
    title: 'Events of the history are missing.',
    detail: 'The export was limited to a number of events, or it was filtered.',
    advice: 'Export all pages: without `--max-items`, `--no-paginate` and `--query`.',
  },
  HISTORY_WITHOUT_DATA: {
    title: 'The history does not have the inputs of its tasks.',
    advice: 'Export it again with `--include-execution-data`, which is the default.',
  },
} as const satisfies Section['codes'];

export const PLACES = {
  heading: 'Stores, disks and sources',
  codes: { ...STORES, ...DISKS, ...SOURCES },
} as const satisfies Section;

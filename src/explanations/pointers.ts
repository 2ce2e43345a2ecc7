import type { Section } from './explanation.js';

export const POINTERS = {
  heading: 'Pointers',
  intro:
    'A code of two classes is a `BagError` when a migration cannot follow the path of a manifest, and nothing else in the bag gives segments.',
  codes: {
    POINTER_DANGLING: {
      title: 'A pointer leads to nothing.',
      advice:
        'Restore the object from a version or a backup. If it is stored elsewhere, name that store with `--store` or `--allow-bucket`.',
    },
    POINTER_INVALID: {
      title: 'A pointer does not name a bucket and a key.',
      detail: 'No reader can follow it.',
      advice: 'Find the program that wrote the pointer.',
    },
    POINTER_CHAIN: {
      title: 'A pointer leads to another pointer.',
      detail: 'No legacy reader follows the second one.',
      advice: 'Store the bytes at the key of the first pointer.',
    },
    POINTER_TARGET_INVALID: {
      title: 'The object behind a pointer is not JSON.',
      advice: 'Restore the object from a version or a backup.',
    },
    POINTER_MIXED: {
      title: 'An object holds a pointer and other members.',
      detail:
        'A merge took an offloaded member for data. It is found under `workflow_config` or `partition_map`, in an entry of a map, and where the shim itself left the pointer; JSON strings, and JSON strings inside them, are searched too. A bucket or key that the merge replaced changes nothing.',
      advice:
        'Wrap the handler that merges, so that it gets the members themselves. Repair the bag: read the object at the key, merge by hand, and remove the members of the pointer.',
    },
    POINTER_FOREIGN_OWNER: {
      title: 'A pointer leads to an object of another owner.',
      detail:
        'The key is in a known layout and names another owner than the bag. It was not read. Or an event holds a pointer to a stored member outside of its bag, and nothing in the event confirms the owner in the key.',
      advice:
        'Find out whether the bag or the pointer is wrong. No option allows it. Outside of a bag, pass the `ownerId` next to the pointer, or set `expectedOwner`.',
      see: 'adapter.md#budget',
    },
    POINTER_NOT_ALLOWED: {
      title: 'A pointer leads to a place that is not allowed.',
      detail:
        'The key is not in a layout of this store or of the legacy writers. It was not read. A bag whose program is inline or verified elsewhere still runs.',
      advice:
        'If you trust the place, add `--allow-bucket NAME` for the same layouts in another bucket, or `--allow-prefix s3://BUCKET/PREFIX/` for any key below a folder. The proxy, the functions and the library have the same options under other names.',
      see: 'adapter.md#where-pointers-may-lead',
    },
    POINTER_TARGET_TOO_LARGE: {
      title: 'The object behind a pointer has more than 32 MiB.',
      detail: 'At most that much of it was read.',
      advice:
        'Find out what wrote the object: a config has about 200 KB. A store of the library takes another limit as `maxTargetBytes`.',
    },
    PREFIX_INVALID: {
      title: 'A prefix to allow does not end with `/`, or a folder in it is empty, `.` or `..`.',
      advice: 'Write `s3://bucket/prefix/`, or `prefix/` in the bucket of the store.',
    },
    URI_INVALID: {
      title: 'A text is not of the form `s3://bucket/key`.',
      advice: 'Correct the text.',
    },
    CHECKSUM_MISMATCH: {
      title: 'The object behind a pointer does not match the checksum of the pointer.',
      detail: 'Most likely a later run overwrote it.',
      advice: 'Restore the version of that time, or a backup. Nothing is guessed.',
    },
    DIGEST_MISMATCH: {
      title: 'The bytes of an object do not match the digest in its key.',
      detail: 'The object was damaged or replaced.',
      advice: 'Restore the object from a version or a backup.',
    },
    BLOB_MISMATCH: {
      title: 'A blob is to be written, and its content address holds other bytes.',
      advice: 'Stop the run until you know which program wrote there. Restore the object from a version or a backup.',
    },
    WOULD_OVERWRITE: {
      title: 'A blob without a digest in its key was put through the library, and the key has other content.',
      advice: 'Put blobs at content addresses.',
    },
  },
} as const satisfies Section;

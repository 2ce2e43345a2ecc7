import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fsObjectStore } from 'statebag-shim/fs';
import { objectStoreContract } from 'statebag-shim/store-contract';
import { VITEST } from './vitest-functions.js';

objectStoreContract(
  VITEST,
  'file system',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'statebag-fs-'));
    return { objects: fsObjectStore({ root }), bucket: 'bucket', close: () => rm(root, { recursive: true }) };
  },
  {
    clockStepMs: 20,
    lacks: [
      'missing bucket is an error',
      'content headers',
      'metadata beyond ASCII',
      'tags',
      'tags over a multipart upload',
      'keys with an empty segment',
      'one key that is a folder of another',
      'segments over 255 bytes',
    ],
  },
);

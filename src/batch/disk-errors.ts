import { StateBagError, StoreError, messageOf } from '../errors/index.js';

const CODES: Readonly<Record<string, { readonly code: string; readonly advice: string; readonly retryable: boolean }>> =
  {
    ENOENT: { code: 'FILE_NOT_FOUND', advice: 'it does not exist (any more)', retryable: false },
    EACCES: { code: 'FILE_DENIED', advice: 'permission is missing', retryable: false },
    EPERM: { code: 'FILE_DENIED', advice: 'permission is missing', retryable: false },
    EROFS: { code: 'FILE_DENIED', advice: 'the file system is read-only', retryable: false },
    ENOSPC: {
      code: 'DISK_FULL',
      advice: 'no space is left; nothing was changed, free some and run again',
      retryable: true,
    },
    EDQUOT: { code: 'DISK_FULL', advice: 'the quota is used up; nothing was changed', retryable: true },
    EISDIR: { code: 'FILE_INVALID', advice: 'it is a directory', retryable: false },
    EMFILE: { code: 'DISK_BUSY', advice: 'too many files are open; lower --concurrency', retryable: true },
  };

/** Node's error about a file as one of the shim's, with the path and what to do. Errors of the shim pass. */
export function diskError(path: string, error: unknown): StateBagError {
  if (error instanceof StateBagError) return error;
  const known = CODES[(error as NodeJS.ErrnoException | null)?.code ?? ''];
  const { code, advice, retryable } = known ?? { code: 'DISK_ERROR', advice: messageOf(error), retryable: false };
  return new StoreError(code, `${path}: ${advice}`, { cause: error, retryable, context: { path } });
}

/** For `catch`. */
export function asDiskError(path: string): (error: unknown) => never {
  return (error) => {
    throw diskError(path, error);
  };
}

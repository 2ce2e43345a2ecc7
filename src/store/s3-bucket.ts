import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import type { LifecycleRule as S3Rule, LifecycleRuleFilter, S3Client } from '@aws-sdk/client-s3';
import { messageOf, StateBagError } from '../errors/index.js';
import type {
  BucketFacts,
  Encryption,
  Fact,
  Lifecycle,
  LifecycleRule,
  ObjectLock,
  Versioning,
} from './bucket-facts.js';
import { createS3Client } from './s3-client.js';
import type { S3ObjectStoreOptions } from './s3-client.js';
import { s3Error } from './s3-errors.js';

/** A bucket, and the client to ask about it. */
interface Bucket {
  readonly client: S3Client;
  readonly input: { readonly Bucket: string; readonly ExpectedBucketOwner?: string };
  readonly options: { readonly abortSignal?: AbortSignal };
}

/** Reads what is set for a bucket, with four requests. What cannot be read is unknown, with the reason. */
export async function readBucketFacts(
  name: string,
  options: S3ObjectStoreOptions = {},
  signal?: AbortSignal,
): Promise<BucketFacts> {
  const client = createS3Client(options);
  const owner = options.expectedBucketOwner;
  const input = { Bucket: name, ...(owner !== undefined && { ExpectedBucketOwner: owner }) };
  const read = async <T>(what: FactCall, ask: (bucket: Bucket) => Promise<T>): Promise<Fact<T>> => {
    try {
      return await ask({ client: await client, input, options: signal === undefined ? {} : { abortSignal: signal } });
    } catch (error) {
      if (signal?.aborted === true) return STOPPED;
      if (error instanceof Error && error.name === what.absent) return what.none as T;
      return unknownFact(error, what, name);
    }
  };
  const [lifecycle, objectLock, versioning, encryption] = await Promise.all([
    read(LIFECYCLE, readLifecycle),
    read(OBJECT_LOCK, readObjectLock),
    read(VERSIONING, readVersioning),
    read(ENCRYPTION, readEncryption),
  ]);
  return { lifecycle, objectLock, versioning, encryption };
}

const STOPPED = { unknown: 'RUN_STOPPED', reason: 'the run was stopped before the request was answered' } as const;

interface FactCall {
  readonly verb: string;
  /** The IAM action. */
  readonly action: string;
  /** Name of the error of a bucket where nothing is set, and what that means. */
  readonly absent?: string;
  readonly none?: Lifecycle | ObjectLock | Encryption;
}

const LIFECYCLE: FactCall = {
  verb: 'read the lifecycle rules of',
  action: 's3:GetLifecycleConfiguration',
  absent: 'NoSuchLifecycleConfiguration',
  none: { rules: [] },
};

const OBJECT_LOCK: FactCall = {
  verb: 'read the Object Lock settings of',
  action: 's3:GetBucketObjectLockConfiguration',
  absent: 'ObjectLockConfigurationNotFoundError',
  none: { enabled: false },
};

const VERSIONING: FactCall = { verb: 'read the versioning state of', action: 's3:GetBucketVersioning' };

const ENCRYPTION: FactCall = {
  verb: 'read the default encryption of',
  action: 's3:GetEncryptionConfiguration',
  absent: 'ServerSideEncryptionConfigurationNotFoundError',
  none: { algorithm: 'none' },
};

function unknownFact(error: unknown, { verb, action }: FactCall, bucket: string): Fact<never> {
  const known = s3Error(error, { verb, action, address: { bucket, key: '' }, absent: 'OBJECT_NOT_FOUND' });
  return { unknown: known instanceof StateBagError ? known.code : 'UNEXPECTED', reason: messageOf(known) };
}

async function readLifecycle({ client, input, options }: Bucket): Promise<Lifecycle> {
  const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand(input), options);
  return { rules: Rules.filter(({ Status }) => Status === 'Enabled').flatMap(effectsOf) };
}

/** Classes whose objects must be restored before they can be read. GLACIER_IR is not one of them. */
const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

function effectsOf(rule: S3Rule): readonly LifecycleRule[] {
  const { ID: id = '', Expiration: expiration, Transitions: transitions = [] } = rule;
  const deletes = expiration?.Days !== undefined || expiration?.Date !== undefined ? [expiration] : [];
  const archives = transitions.filter(({ StorageClass }) => ARCHIVES.has(StorageClass ?? ''));
  const filter = filterOf(rule);
  return [
    ...deletes.map((one) => ({ id, effect: 'deletes', ...timeOf(one), ...filter }) as const),
    ...archives.map((one) => ({ id, effect: 'archives', ...timeOf(one), ...filter }) as const),
  ];
}

function timeOf({ Days, Date }: { readonly Days?: number | undefined; readonly Date?: Date | undefined }) {
  return Days === undefined ? { ...(Date && { date: Date.toISOString() }) } : { days: Days };
}

function filterOf(rule: S3Rule): Pick<LifecycleRule, 'prefix' | 'tags' | 'sizeOver' | 'sizeUnder'> {
  const { Filter = {} } = rule;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Rules that were made without a filter have it here.
  const { Prefix } = rule;
  // `And` has the parts of a filter with several of them.
  const all: LifecycleRuleFilter = { ...Filter, ...omitTags(Filter.And) };
  const tags = [Filter.Tag, ...(Filter.And?.Tags ?? [])].flatMap((tag) => (tag ? [`${tag.Key}=${tag.Value}`] : []));
  const { ObjectSizeGreaterThan: over, ObjectSizeLessThan: under } = all;
  return {
    prefix: all.Prefix ?? Prefix ?? '',
    ...(tags.length > 0 && { tags }),
    ...(over !== undefined && { sizeOver: over }),
    ...(under !== undefined && { sizeUnder: under }),
  };
}

function omitTags({ Tags: _tags, ...others }: NonNullable<LifecycleRuleFilter['And']> = {}) {
  return others;
}

async function readObjectLock({ client, input, options }: Bucket): Promise<ObjectLock> {
  const { ObjectLockConfiguration: lock } = await client.send(new GetObjectLockConfigurationCommand(input), options);
  // Some servers give 0 for the one of the two that is not set.
  const { Mode: mode, Days: days = 0, Years: years = 0 } = lock?.Rule?.DefaultRetention ?? {};
  return {
    enabled: lock?.ObjectLockEnabled === 'Enabled',
    ...(mode !== undefined && { mode }),
    ...(days > 0 && { days }),
    ...(years > 0 && { years }),
  };
}

async function readVersioning({ client, input, options }: Bucket): Promise<Versioning> {
  const { Status } = await client.send(new GetBucketVersioningCommand(input), options);
  return { status: Status === 'Enabled' ? 'enabled' : Status === 'Suspended' ? 'suspended' : 'off' };
}

async function readEncryption({ client, input, options }: Bucket): Promise<Encryption> {
  const { ServerSideEncryptionConfiguration: found } = await client.send(
    new GetBucketEncryptionCommand(input),
    options,
  );
  const { SSEAlgorithm, KMSMasterKeyID: kmsKeyId } = found?.Rules?.[0]?.ApplyServerSideEncryptionByDefault ?? {};
  return { algorithm: SSEAlgorithm ?? 'none', ...(kmsKeyId !== undefined && { kmsKeyId }) };
}

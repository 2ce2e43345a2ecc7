/** What is set for a whole bucket, as far as it decides whether blobs stay and can be read. */
export interface BucketFacts {
  readonly lifecycle: Fact<Lifecycle>;
  readonly objectLock: Fact<ObjectLock>;
  readonly versioning: Fact<Versioning>;
  readonly encryption: Fact<Encryption>;
}

/** A fact, or the code and reason why it is not known. */
export type Fact<T> = T | UnknownFact;

export interface UnknownFact {
  /** Code of the error. */
  readonly unknown: string;
  readonly reason: string;
}

export interface Lifecycle {
  /** The rules that are enabled and that delete or move current versions. */
  readonly rules: readonly LifecycleRule[];
}

/** One effect of a rule. A rule that deletes and moves objects is two of these. */
export interface LifecycleRule {
  readonly id: string;
  readonly effect: 'deletes' | 'archives';
  /** Days since the last write of an object; absent for a rule that begins at a date. */
  readonly days?: number;
  /** RFC 3339: the rule holds for all objects from then on. */
  readonly date?: string;
  /** Start of the keys that the rule is for; empty for all. */
  readonly prefix: string;
  /** Only objects with these tags. */
  readonly tags?: readonly string[];
  /** Only objects of more, or of fewer, bytes than this. */
  readonly sizeOver?: number;
  readonly sizeUnder?: number;
}

export interface ObjectLock {
  readonly enabled: boolean;
  /** Default retention of new objects. */
  readonly mode?: string;
  readonly days?: number;
  readonly years?: number;
}

export interface Versioning {
  readonly status: 'enabled' | 'suspended' | 'off';
}

export interface Encryption {
  /** `AES256`, `aws:kms`, `aws:kms:dsse` or `none`. */
  readonly algorithm: string;
  /** Absent for the key of AWS. */
  readonly kmsKeyId?: string;
}

/** True for a fact that could not be read. */
export function isUnknown<T extends object>(fact: Fact<T>): fact is UnknownFact {
  return 'unknown' in fact;
}

/** A rule that takes blobs away which a paused execution may still ask for. */
export interface BlobDanger {
  readonly rule: LifecycleRule;
  /** Folders of blobs that the rule is for, with the prefix of the store. */
  readonly folders: readonly string[];
}

/**
 * The rules that delete or archive blobs earlier than `days` after their last write. A rule with a date does so from
 * that day on. Blobs have no tags, so that a rule for tagged objects is not for them. Blobs have any size.
 *
 * @example
 *     findBlobDangers([{ id: 'tmp', effect: 'deletes', days: 30, prefix: '' }], ['workflow-configs/'], 470);
 */
export function findBlobDangers(
  rules: readonly LifecycleRule[],
  folders: readonly string[],
  days: number,
): readonly BlobDanger[] {
  return rules.flatMap((rule) => {
    const covered = folders.filter((folder) => isFor(rule, folder));
    return covered.length > 0 && (rule.days ?? 0) < days ? [{ rule, folders: covered }] : [];
  });
}

/** Whether a rule is for the whole of a folder or for a part of it. */
function isFor({ prefix, tags = [] }: LifecycleRule, folder: string): boolean {
  return tags.length === 0 && (folder.startsWith(prefix) || prefix.startsWith(folder));
}

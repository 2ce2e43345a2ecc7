import type { ObjectAttributes } from './object-store.js';

/** The members of the SDK's PutObject input and GetObject output that carry attributes, under S3's names. */
interface S3AttributeFields {
  readonly ContentType?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly StorageClass?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
}

/** Attributes of an object that was read; tags come by a request of their own. */
export function attributesOf(fields: S3AttributeFields, tags?: Readonly<Record<string, string>>): ObjectAttributes {
  const metadata = mapValues(fields.Metadata ?? {}, decodeHeaderValue);
  return omitUndefined({
    contentType: fields.ContentType,
    contentEncoding: fields.ContentEncoding,
    contentDisposition: fields.ContentDisposition,
    contentLanguage: fields.ContentLanguage,
    cacheControl: fields.CacheControl,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    tags,
    storageClass: fields.StorageClass,
    serverSideEncryption: fields.ServerSideEncryption,
    kmsKeyId: fields.SSEKMSKeyId,
  });
}

/** Attributes for a write. `kmsKeyId` is the store's default key, for objects that bring no encryption of their own. */
export function putFieldsOf(
  attributes: ObjectAttributes,
  kmsKeyId: string | undefined,
): S3AttributeFields & { readonly Tagging?: string } {
  return omitUndefined({
    ContentType: attributes.contentType,
    ContentEncoding: attributes.contentEncoding,
    ContentDisposition: attributes.contentDisposition,
    ContentLanguage: attributes.contentLanguage,
    CacheControl: attributes.cacheControl,
    Metadata: attributes.metadata === undefined ? undefined : mapValues(attributes.metadata, encodeHeaderValue),
    Tagging: attributes.tags === undefined ? undefined : taggingOf(attributes.tags),
    StorageClass: attributes.storageClass,
    ...encryptionOf(attributes, kmsKeyId),
  });
}

function encryptionOf(attributes: ObjectAttributes, kmsKeyId: string | undefined): S3AttributeFields {
  const kept = attributes.serverSideEncryption;
  if (kept === undefined)
    return kmsKeyId === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId };
  // S3 refuses a key id beside AES256.
  return kept.startsWith('aws:kms')
    ? { ServerSideEncryption: kept, SSEKMSKeyId: attributes.kmsKeyId }
    : { ServerSideEncryption: kept };
}

function taggingOf(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return pairs.join('&');
}

function mapValues(
  record: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** The same object without members that are undefined. */
function omitUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

const ENCODED_WORD = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;

/**
 * A metadata value as an HTTP header may carry it. S3 takes and gives values beyond printable ASCII as RFC 2047
 * encoded words; blanks at the ends, which HTTP trims, travel the same way.
 */
function encodeHeaderValue(value: string): string {
  const plain = /^[\x20-\x7e]*$/.test(value) && value.trim() === value && !value.includes('=?');
  return plain ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}

/** The inverse; leaves text that is no UTF-8 encoded word as it is. */
function decodeHeaderValue(value: string): string {
  // Blanks between two encoded words are not part of the value (RFC 2047, section 6.2).
  const joined = value.replace(/\?=\s+=\?/g, '?==?');
  return joined.replace(ENCODED_WORD, (_word, kind: string, text: string) =>
    kind.toLowerCase() === 'b' ? fromBase64(text) : fromQuoted(text),
  );
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function fromQuoted(text: string): string {
  const octets = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
}

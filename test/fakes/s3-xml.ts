import type { S3Failure } from './s3-wire.js';

interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
}

interface ListPage {
  readonly bucket: string;
  readonly prefix: string;
  readonly objects: readonly ListedObject[];
  readonly nextToken: string | undefined;
  readonly urlEncoded: boolean;
}

export function failureXml(failure: S3Failure): string {
  return document('Error', element('Code', failure.code) + element('Message', failure.message));
}

export function listXml(page: ListPage): string {
  const spell = page.urlEncoded ? urlEncode : (text: string): string => text;
  const contents = page.objects.map((object) => {
    const fields = {
      Key: spell(object.key),
      LastModified: object.lastModified.toISOString(),
      ETag: object.etag,
      Size: String(object.size),
    };
    return `<Contents>${elements(fields)}</Contents>`;
  });
  const next = page.nextToken === undefined ? '' : element('NextContinuationToken', page.nextToken);
  const encoding = page.urlEncoded ? element('EncodingType', 'url') : '';
  const head = {
    Name: page.bucket,
    Prefix: spell(page.prefix),
    KeyCount: String(page.objects.length),
    IsTruncated: String(page.nextToken !== undefined),
  };
  return document('ListBucketResult', elements(head) + encoding + next + contents.join(''));
}

export function taggingXml(tags: Readonly<Record<string, string>>): string {
  const set = Object.entries(tags).map(([name, value]) => `<Tag>${elements({ Key: name, Value: value })}</Tag>`);
  return document('Tagging', `<TagSet>${set.join('')}</TagSet>`);
}

export function uploadXml(
  name: 'InitiateMultipartUploadResult' | 'CompleteMultipartUploadResult',
  fields: Readonly<Record<string, string>>,
): string {
  return document(name, elements(fields));
}

/** Part numbers and ETags of a CompleteMultipartUpload request. */
export function parseParts(xml: string): readonly { readonly number: number; readonly etag: string }[] {
  return [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? '').replaceAll('&quot;', '"'),
  }));
}

function urlEncode(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function document(name: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${inner}</${name}>`;
}

function elements(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, text]) => element(name, text))
    .join('');
}

function element(name: string, text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return `<${name}>${escaped}</${name}>`;
}

import type { DiagnosticMessages, DiagnosticName } from 'statebag-shim';
import type { Measurement, Metric } from './emf-line.js';

const count = (value: number): Metric => ({ value, unit: 'Count' });
const bytes = (value: number): Metric => ({ value, unit: 'Bytes' });
const milliseconds = (value: number): Metric => ({ value, unit: 'Milliseconds' });
const countIf = (condition: boolean): Metric => count(condition ? 1 : 0);

/** A metric with the owner of a fat bag as its dimension. There are as many as there are owners with fat bags. */
const fatBag = (name: string, { generation, ownerId }: DiagnosticMessages['read' | 'write']) =>
  generation === 'fat'
    ? { others: { metrics: { [name]: count(1) }, dimensions: { owner: dimensionOf(ownerId) } } }
    : {};

/** Percent-encoded. CloudWatch takes no dimension that is empty, not ASCII, too long, or begins with a colon. */
const dimensionOf = (id = ''): string =>
  encodeURIComponent(id.replace(/\p{Surrogate}/gu, '\ufffd')).slice(0, 1024) || '_';

/** How each channel's messages are measured. */
export const METRICS: { readonly [N in DiagnosticName]: (message: DiagnosticMessages[N]) => Measurement } = {
  read: (message) => {
    const { mode, generation, durationMs, bytesSaved, ...properties } = message;
    return {
      metrics: {
        Reads: count(1),
        ReadsRefused: countIf(properties.code !== undefined),
        BytesSaved: bytes(bytesSaved),
        ReadTime: milliseconds(durationMs),
      },
      dimensions: { mode, generation },
      ...fatBag('FatEvents', message),
      properties,
    };
  },
  write: (message) => {
    const { mode, generation, durationMs, bytesSaved, bytes: size, repaired, ...properties } = message;
    return {
      metrics: {
        Writes: count(1),
        WritesRefused: countIf(properties.code !== undefined),
        BytesSaved: bytes(bytesSaved),
        ...(size === undefined ? {} : { ResultBytes: bytes(size) }),
        ManifestsRepaired: countIf(repaired),
        MembersOffloaded: count(properties.offloaded.length),
        WriteTime: milliseconds(durationMs),
      },
      dimensions: { mode, generation },
      ...fatBag('FatResults', message),
      properties,
    };
  },
  offload: ({ mode, blobs, ...properties }) => ({
    metrics: {
      BlobsWritten: count(blobs.filter(({ outcome }) => outcome === 'written').length),
      BlobsReused: count(blobs.filter(({ outcome }) => outcome === 'reused').length),
      BlobBytes: bytes(blobs.reduce((sum, blob) => sum + blob.bytes, 0)),
    },
    dimensions: { mode },
    properties,
  }),
  cache: ({ cache, outcome }) => ({
    metrics: { CacheHits: countIf(outcome === 'hit'), CacheMisses: countIf(outcome === 'miss') },
    dimensions: { cache },
    properties: {},
  }),
  'shadow-mismatch': ({ mode, ...properties }) => ({
    metrics: { ShadowMismatches: count(1) },
    dimensions: { mode },
    properties,
  }),
  'fail-open': ({ mode, code, ...properties }) => ({
    metrics: { FailOpens: count(1) },
    dimensions: { mode, code },
    properties,
  }),
};

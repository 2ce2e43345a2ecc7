import type { DiagnosticMessages, DiagnosticName } from '../../src/index.js';
import type { Measurement, Metric } from './emf-line.js';

const count = (value: number): Metric => ({ value, unit: 'Count' });
const bytes = (value: number): Metric => ({ value, unit: 'Bytes' });
const milliseconds = (value: number): Metric => ({ value, unit: 'Milliseconds' });

/** How each channel's messages are measured. */
export const METRICS: { readonly [N in DiagnosticName]: (message: DiagnosticMessages[N]) => Measurement } = {
  read: ({ mode, generation, durationMs, bytesSaved, ...properties }) => ({
    metrics: { Reads: count(1), BytesSaved: bytes(bytesSaved), ReadTime: milliseconds(durationMs) },
    dimensions: { mode, generation },
    properties,
  }),
  write: ({ mode, generation, durationMs, bytesSaved, bytes: size, repaired, offloaded, ...properties }) => ({
    metrics: {
      Writes: count(1),
      BytesSaved: bytes(bytesSaved),
      ...(size === undefined ? {} : { ResultBytes: bytes(size) }),
      ManifestsRepaired: count(repaired ? 1 : 0),
      MembersOffloaded: count(offloaded.length),
      WriteTime: milliseconds(durationMs),
    },
    dimensions: { mode, generation },
    properties: { ...properties, offloaded },
  }),
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
    metrics: { CacheHits: count(outcome === 'hit' ? 1 : 0), CacheMisses: count(outcome === 'miss' ? 1 : 0) },
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

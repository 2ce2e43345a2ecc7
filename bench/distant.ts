import type { FleetOptions } from '../examples/fleet/fleet.js';
import type { SizeName } from '../examples/fleet/sizes.js';

/** What a server of a trial holds, and how far away it is. Given as JSON in the first argument. */
export interface DistantServer {
  readonly bags: Pick<FleetOptions, 'bags' | 'workflows'> & { readonly size: SizeName };
  readonly kind: 'objects' | 'rows';
  /** Milliseconds of a request of S3, on average. */
  readonly requestMs: number;
}

/** Where it can be reached. */
export interface ServerAddress {
  readonly s3: string;
  readonly dynamoDb: string;
}

/** Bucket and table of the documents, and the bucket of the blobs. */
export const DOCUMENTS = 'paused';
export const BLOBS = 'blobs';

/** An object beside the bags that is none: a run over it alone is the start of the program and its end. */
export const NO_BAG = 'none/none.json';

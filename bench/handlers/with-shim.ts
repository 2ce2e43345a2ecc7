import { createStateBagShim } from '../../src/index.js';
import { s3BlobStore } from '../../src/store/s3.js';

/* The same runner with the shim around it, its store made at once and not when first needed. */

const shim = createStateBagShim({ store: s3BlobStore({ bucket: 'bags' }), mode: 'rewrite' });

export const handler = shim.wrap((event) => Promise.resolve({ state_data: event.state_data }));

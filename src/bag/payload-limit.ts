/** Bytes of UTF-8 that Step Functions takes as the input or output of a state. */
export const PAYLOAD_LIMIT = 262_144;

/** Bytes below the limit that are kept free by default: the next step adds to what it was given. */
export const PAYLOAD_HEADROOM = 8_192;

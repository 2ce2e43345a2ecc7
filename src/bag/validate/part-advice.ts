import type { Adviser } from './advice.js';

/** What the faults of a segment manifest mean for whoever must mend it. */
export const manifestAdvice: Adviser = (fault, { label }) => {
  if (fault.keyword === 'anyOf') {
    return {
      message: `${label} is no segment: it has none of \`segment_config\`, \`segment_id\`, \`id\` and \`nodes\`.`,
    };
  }
  if (fault.keyword === 'required') {
    return {
      message: '`segments` is missing: this object is no segment manifest.',
      hint: 'Other documents were written to the same key, such as the manifest of a ResultWriter. Build it anew from the map.',
    };
  }
  return {};
};

/** What the faults of a pointer mean for whoever must mend it. */
export const pointerAdvice: Adviser = (fault) => {
  if (fault.keyword !== 'anyOf') return {};
  return {
    message: 'This is no pointer of a known dialect.',
    hint: 'A pointer is an `s3://bucket/key` string or an object with all members of its dialect, such as `__s3_pointer__`, `bucket` and `key`.',
  };
};

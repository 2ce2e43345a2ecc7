import type { Advice, Adviser } from './advice.js';

/** What the faults of an old bag mean for whoever must mend it. */
export const fatBagAdvice: Adviser = (fault) => {
  if (fault.keyword === 'anyOf' && fault.instancePath === '') return NO_BAG;
  return fault.instancePath.startsWith('/partition_map/') ? UNREADABLE_MAP : {};
};

const NO_BAG: Advice = {
  message:
    'This is no state bag: none of `workflow_config`, `partition_map`, `segment_manifest` and their paths is there.',
  hint: 'If the bag lies deeper in the document, validate that part.',
};

const UNREADABLE_MAP: Advice = { hint: 'A map that holds anything but segments is never guessed at. Mend it by hand.' };

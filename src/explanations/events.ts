import type { Section } from './explanation.js';

export const EVENTS = {
  heading: 'Segments and events',
  codes: {
    SEGMENT_NOT_FOUND: {
      title: 'Nothing in the event names a program.',
      advice:
        'Find out which caller sent the event. A merge may have set the path of the manifest to null and removed the map.',
    },
    SEGMENT_IS_COPY: {
      title: 'A map, manifest or config holds a copy of the program that the shim added to an earlier event.',
      advice: "Find the handler that stores `event.segment_config`. Store the bag's own pointers instead.",
    },
    SEGMENT_CONTRADICTORY: {
      title: 'A bag has `segment_config` and a `segment_index` that contradicts `segment_to_run`.',
      detail: 'Release 0.1.0 of the shim could leave them there.',
      advice: 'Remove `segment_config` and `segment_index` from the bag. Its map or manifest has the right program.',
    },
    SEGMENT_OUT_OF_RANGE: {
      title: 'The index is beyond the last segment.',
      detail: 'The legacy code ran the whole workflow here.',
      advice: 'Correct the counter of the caller.',
    },
    SEGMENT_INDEX_INVALID: {
      title: 'The index is not a whole number.',
      advice: 'Name the segment with `--index N`.',
    },
    SOURCE_OVERWRITTEN: {
      title: '`verify`: a later run overwrote the key that the original bag names.',
      detail:
        'The segments cannot be compared any more. The document is as it was written and counts as not comparable (`overwritten`), not as verified. `verify` exits with 0 because of it only if other documents are verified.',
      advice:
        'Nothing. The bag keeps the program that was read. Do not roll it back: the original points to the other program.',
    },
    SEGMENT_DIFFERS: {
      title: '`verify` found a segment whose program is not what it was.',
      advice: 'Roll the document back with `statebag rollback --journal DIR --apply`, and report it.',
    },
    BRANCH_NOT_FOUND: {
      title: 'The event belongs to a branch that is not in the bag.',
      advice: 'Look at the parallel group that made the event.',
    },
    EVENT_INVALID: {
      title: 'The event of an invocation is not an object, or not the one that the function takes.',
      detail: '`ConfigError`: a function of a fleet was called with something else than its task.',
      advice: 'Look at the caller, and at the event that it sends.',
    },
    FAT_BAG: {
      title: 'A fat bag arrived in the mode `strict`.',
      advice: 'Go back to the mode `rewrite`. `statebag can-contract` names the sources that still have fat bags.',
    },
    PAYLOAD_TOO_LARGE: {
      title: 'The result exceeds the byte budget, although everything that can be offloaded was.',
      advice: 'Allow more members to be offloaded, or return less.',
    },
    DEADLINE_EXCEEDED: {
      title: 'The time of the invocation was nearly over, and the store had not answered.',
      advice: 'Add a `Retry` on the name of the error to the state machine, and look at the latency of the store.',
    },
    NOT_JSON: {
      title: 'The handler returned a value that JSON cannot hold.',
      advice: 'Correct the handler.',
    },
    HANDLER_INVALID: {
      title: 'The handler is not an async function of event and context.',
      detail:
        '`wrap` was given no handler, a handler that streams, a generator, or one that calls a callback. The proxy: a handler streamed its answer in the mode `rewrite` or `strict`.',
      advice:
        'Give `wrap` an async function. Behind the proxy, return the answer, or use the mode `observe` for that function.',
    },
    STORE_OPEN_FAILED: {
      title: 'The store of the adapter cannot be opened.',
      advice: 'Check the region, the credentials and the options of the store.',
    },
    STORE_FAILED: {
      title: 'A store of your own threw an error that is not one of this package.',
      detail: 'The message has that error.',
      advice: 'Throw a `StoreError` with a code of its own, to say what to do.',
    },
    CIRCUIT_OPEN: {
      title: 'Optional work was skipped, because the store did not answer within the last 30 seconds.',
      detail: 'It appears on the channel `fail-open` only.',
      advice: 'Look at the latency of the store.',
    },
    MODE_FAILED: {
      title: 'The function in the option `mode` threw an error.',
      advice: 'Look at the service that the function asks.',
    },
    OPTION_INVALID: {
      title: 'An option of the library has a wrong value.',
      advice: 'Correct the option that the message names.',
    },
    OPTION_UNKNOWN: {
      title: 'The library has no option of that name.',
      advice: 'Correct the spelling.',
    },
  },
} as const satisfies Section;

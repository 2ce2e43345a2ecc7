import { channel } from 'node:diagnostics_channel';
import type { Generation } from '../bag/bag.js';
import type { BlobKind } from '../bag/keys.js';
import type { ProgramSource } from '../bag/resolve.js';
import type { Mode, Speech } from './options.js';

/** On every message. Ids are as the bag spells them. No message holds user data. */
interface Subject {
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
  /** The default when none was asked for: the function for the mode failed, or it is no JSON. */
  readonly mode: Mode;
}

/** Whether the event on its way in or the result on its way out was worked on. */
export type Side = 'event' | 'result';

/** `statebag-shim:read`: an event was read, or refused. */
export interface ReadMessage extends Subject {
  readonly speaks: Speech;
  readonly generation: Generation;
  /** Member names from the event to its bag, joined by dots; empty when the event is the bag. */
  readonly envelope: string;
  /** Where the program came from; absent when none was looked for or found. */
  readonly source?: ProgramSource;
  readonly segmentIndex?: number;
  /**
   * In `shadow`: how the old and the new resolution compare. `failed`: the old one threw, and the event went on as it
   * was; or the store did not answer the new one. Absent when the event was read by hand before the two were compared.
   */
  readonly shadow?: 'same' | 'different' | 'failed';
  /** Code of the error with which the event was refused; `UNEXPECTED` for an error of another kind. */
  readonly code?: string;
  /** Bytes of `workflow_config` and `partition_map` that were inline and went on as pointers. */
  readonly bytesSaved: number;
  /** Milliseconds, the store's answers included. */
  readonly durationMs: number;
}

/** `statebag-shim:write`: a result went back, or was refused. */
export interface WriteMessage extends Subject {
  /** Of the bag as the handler returned it. */
  readonly generation: Generation;
  /** Bytes of UTF-8 that the whole result takes; absent when nothing was measured. */
  readonly bytes?: number;
  /**
   * Bytes of `workflow_config`, `partition_map` and further members that the handler returned and that went back as
   * pointers.
   */
  readonly bytesSaved: number;
  /** `segment_manifest_s3_path` was null, gone or another document's, and is right again. */
  readonly repaired: boolean;
  /** Names of the further members that were offloaded to fit the budget. */
  readonly offloaded: readonly string[];
  /** Code of the error with which the result was refused; `UNEXPECTED` for an error of another kind. */
  readonly code?: string;
  readonly durationMs: number;
}

/** `statebag-shim:offload`: blobs were written, or found to be there already. */
export interface OffloadMessage extends Subject {
  readonly side: Side;
  readonly blobs: readonly {
    readonly kind: BlobKind;
    readonly uri: string;
    readonly bytes: number;
    readonly outcome: 'written' | 'reused';
  }[];
}

/**
 * `statebag-shim:cache`: a cache was asked. `blob`: bytes by content address. `program`: inline values already
 * offloaded.
 */
export interface CacheMessage {
  readonly cache: 'blob' | 'program';
  readonly outcome: 'hit' | 'miss';
}

/** `statebag-shim:shadow-mismatch`: the old and the new way lead to different programs, or the new one fails. */
export interface ShadowMismatchMessage extends Subject {
  readonly segmentIndex: number | undefined;
  readonly oldSource: ProgramSource;
  readonly newSource: ProgramSource | undefined;
  /** JSON pointer of the first difference. */
  readonly difference: string | undefined;
  /** Code of the error that the new way ended in. */
  readonly code: string | undefined;
}

/** `statebag-shim:fail-open`: a bag could not be brought into the new form and goes on as it is. */
export interface FailOpenMessage extends Subject {
  readonly side: Side;
  readonly code: string;
  readonly reason: string;
}

/** Every channel's message, by its name behind `statebag-shim:`. */
export interface DiagnosticMessages {
  readonly read: ReadMessage;
  readonly write: WriteMessage;
  readonly offload: OffloadMessage;
  readonly cache: CacheMessage;
  readonly 'shadow-mismatch': ShadowMismatchMessage;
  readonly 'fail-open': FailOpenMessage;
}

export type DiagnosticName = keyof DiagnosticMessages;

const PREFIX = 'statebag-shim:';

/** Held here, since a channel nobody holds is collected with its subscribers' messages. */
const CHANNELS: Readonly<Record<DiagnosticName, ReturnType<typeof channel>>> = {
  read: channel(`${PREFIX}read`),
  write: channel(`${PREFIX}write`),
  offload: channel(`${PREFIX}offload`),
  cache: channel(`${PREFIX}cache`),
  'shadow-mismatch': channel(`${PREFIX}shadow-mismatch`),
  'fail-open': channel(`${PREFIX}fail-open`),
};

/** Makes and publishes a message only when somebody listens. */
export function publish<N extends DiagnosticName>(name: N, message: () => DiagnosticMessages[N]): void {
  const target = CHANNELS[name];
  if (target.hasSubscribers) target.publish(message());
}

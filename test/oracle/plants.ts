import type { Aspect } from './compare.js';

/** A fault that is planted in a copy of the new build, as a replacement in its JavaScript. */
export interface Plant {
  readonly title: string;
  /** Must be in exactly one file; choose another text when a redesign removes it. */
  readonly find: string;
  readonly replace: string;
  /** The aspect in which the oracle must find it. */
  readonly aspect: Aspect;
  /** What the difference must hold, in its place or its new text. */
  readonly evidence: RegExp;
}

export const PLANTS: readonly Plant[] = [
  {
    title: 'another exit code',
    find: 'findings: 1,',
    replace: 'findings: 3,',
    aspect: 'exit',
    evidence: /^3$/,
  },
  {
    title: 'another key of a blob',
    find: '{workflowId}/{sha256}/${file}`',
    replace: '{workflowId}/planted/{sha256}/${file}`',
    aspect: 'blob',
    evidence: /\/planted\//,
  },
  {
    title: 'one other byte of a document',
    find: 'created_at: createdAt,',
    replace: 'created_at: createdAt + 1,',
    aspect: 'document',
    evidence: /created_at/,
  },
  {
    title: 'another value in a journal entry',
    find: "kind: 'run',",
    replace: "kind: 'run', run_name: 'planted',",
    aspect: 'journal',
    evidence: /run_name|planted/,
  },
  {
    title: 'another key of JSON output',
    find: 'canContract: answer.canContract,',
    replace: 'can_contract: answer.canContract,',
    aspect: 'stdout',
    evidence: /can_contract/,
  },
];

/** A fault in a difference that a rule of allowed.ts allows, so that only the digests of recorded.tsv can tell. */
export interface HiddenPlant extends Omit<Plant, 'evidence'> {
  readonly rule: string;
  readonly isNoticed: boolean;
}

export const HIDDEN_PLANTS: readonly HiddenPlant[] = [
  {
    title: 'another value in an allowed member of JSON output',
    find: "? 'no' : 'not proven'",
    replace: "? 'yes' : 'not proven'",
    aspect: 'stdout',
    rule: 'counts-of-what-was-not-read',
    isNoticed: true,
  },
  {
    title: 'another number in a message',
    find: 'the result takes ${',
    replace: 'the result takes 1${',
    aspect: 'error',
    rule: 'size-of-the-added-members',
    isNoticed: true,
  },
  {
    title: 'another word in a message',
    find: 'the result takes ${',
    replace: 'the result lacks ${',
    aspect: 'error',
    rule: 'size-of-the-added-members',
    isNoticed: false,
  },
];

import { byteReader, readDocument } from '../bag/byte-reader.js';
import type { ByteValue } from '../bag/byte-reader.js';
import { assertOwned, detect, isMutable } from '../bag/detect.js';
import type { BagSite, Generation } from '../bag/detect.js';
import { failureOf } from './outcome.js';
import type { Deadline, SourceDocument } from './source.js';
import { survey } from './survey.js';
import type { Blind, SurveyOptions } from './survey.js';

export interface ContractCheckOptions extends Omit<SurveyOptions, 'onDocument' | 'onBlind'> {
  /** Bags of the bridge form may stay: those who read them go on understanding pointers under the old names. */
  readonly acceptBridge: boolean;
  /** Called for each thing that still needs the shim. */
  readonly onRemainder?: (remainder: Remainder) => void | Promise<void>;
}

/** One thing for which the shim must stay. */
export interface Remainder {
  readonly id: string;
  readonly generation: Generation | 'unknown';
  /** `BAG_FAT`, `BAG_BRIDGE`, `BAG_MUTABLE`, or why nothing can be said of it. */
  readonly code: string;
  readonly reason: string;
  /** Until when it can be met at the latest; undefined when it stays until somebody rewrites or removes it. */
  readonly until: Deadline | undefined;
}

export interface ContractCheck {
  readonly documents: number;
  readonly generations: Readonly<Record<Generation | 'unknown', number>>;
  readonly remaining: number;
  /** True when nothing that was looked at needs the shim. */
  readonly canContract: boolean;
}

/** Looks for whatever an unwrapped reader of lean bags could not read. What cannot be judged counts as found. */
export async function checkContract(options: ContractCheckOptions): Promise<ContractCheck> {
  const generations = { fat: 0, bridge: 0, lean: 0, foreign: 0, unknown: 0 };
  let remaining = 0;
  const tell = async (remainder: Remainder): Promise<void> => {
    remaining++;
    await options.onRemainder?.(remainder);
  };
  const onDocument = async (document: SourceDocument): Promise<void> => {
    const { generation, ...judgement } = judge(document, options.acceptBridge);
    generations[generation]++;
    if (judgement.code !== undefined) await tell({ id: document.id, generation, code: judgement.code, reason: judgement.reason, until: document.deadline ?? rowDeadline(document) });
  };
  const onBlind = ({ id, code, reason }: Blind): Promise<void> => tell({ id, generation: 'unknown', code, reason, until: undefined });
  await survey({ ...options, onDocument, onBlind });
  const documents = Object.values(generations).reduce((sum, count) => sum + count, 0);
  return { documents, generations, remaining, canContract: remaining === 0 };
}

/** A row goes with its ttl; the table may take some days longer. */
function rowDeadline({ row }: SourceDocument): Deadline | undefined {
  if (row?.ttl === undefined || !Number.isFinite(row.ttl) || Math.abs(row.ttl) > LAST_SECOND) return undefined;
  return { at: new Date(row.ttl * 1000).toISOString(), why: 'its ttl is over and the table drops it, within days' };
}

/** Of what a `Date` can hold. */
const LAST_SECOND = 8_640_000_000_000;

type Judgement = { readonly generation: Generation | 'unknown'; readonly code: string; readonly reason: string } | { readonly generation: Generation; readonly code?: undefined };

function hasMutablePath({ configPath, mapPath, manifestPath }: BagSite<ByteValue>): boolean {
  return [configPath, mapPath, manifestPath].some(isMutable);
}

function judge({ bytes }: SourceDocument, acceptBridge: boolean): Judgement {
  try {
    const detection = detect(byteReader, readDocument(bytes));
    assertOwned(byteReader, detection);
    const { generation } = detection;
    if (generation === 'fat') return { generation, code: 'BAG_FAT', reason: 'workflow_config or partition_map stands inline' };
    if (generation === 'bridge' && acceptBridge && detection.sites.some(hasMutablePath)) return { generation, code: 'BAG_MUTABLE', reason: 'a path leads to a key that another run of the workflow overwrites' };
    if (generation === 'bridge' && !acceptBridge) return { generation, code: 'BAG_BRIDGE', reason: 'pointers of an older form stand for the program' };
    return { generation };
  } catch (error) {
    return { generation: 'unknown', code: failureOf(error).code, reason: failureOf(error).reason };
  }
}

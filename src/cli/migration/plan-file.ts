import { nodeDisk } from '../../batch/disk.js';
import { isInShard } from '../../batch/limits.js';
import type { Shard } from '../../batch/limits.js';
import type { SettledDocument } from '../../batch/migrate.js';
import type { DocumentOutcome } from '../../batch/outcome.js';
import { PLAN_VERSION } from '../../batch/plan-entry.js';
import type { PlanHeader } from '../../batch/plan-entry.js';
import { readPlan } from '../../batch/plan-read.js';
import type { Plan } from '../../batch/plan-read.js';
import { PlanWriter, planDocument } from '../../batch/plan-write.js';
import { ConfigError } from '../../errors/index.js';
import type { CliIo } from '../io.js';
import { toolName } from '../version.js';

/** What a plan must agree on with the run that follows it, and what it says of where it came from. */
export type PlanDescription = Pick<PlanHeader, 'target' | 'store' | 'bucket' | 'prefix' | 'sources' | 'options'>;

/** A plan in the making: sealed when the run was complete, removed when it was not. */
export class PlanOut {
  private constructor(private readonly writer: PlanWriter) {}

  static async open(path: string, description: PlanDescription, io: CliIo): Promise<PlanOut> {
    const header: PlanHeader = {
      kind: 'plan',
      v: PLAN_VERSION,
      at: io.now().toISOString(),
      tool: toolName(),
      ...description,
    };
    return new PlanOut(await PlanWriter.open(path, header, nodeDisk));
  }

  add(outcome: DocumentOutcome, settled: SettledDocument): Promise<void> {
    return this.writer.add(planDocument(outcome, settled));
  }

  seal(): Promise<void> {
    return this.writer.seal();
  }

  discard(): Promise<void> {
    return this.writer.discard();
  }
}

/** Throws `ConfigError` `PLAN_MISMATCH` when the plan was made for another target or store. */
export async function openPlan(path: string, description: PlanDescription): Promise<Plan> {
  const plan = await readPlan(path);
  const same = ['target', 'store', 'bucket', 'prefix'] as const;
  const differs = same.find((name) => plan.header[name] !== description[name]);
  if (!differs) return plan;
  throw new ConfigError(
    'PLAN_MISMATCH',
    `${path} was made for another ${differs}: ${plan.header[differs]}, not ${description[differs]}`,
  );
}

/** Outcomes of documents that the plan has and the sources have not. */
export function missingDocuments(
  plan: Plan,
  seen: ReadonlySet<string>,
  shard: Shard | undefined,
): readonly DocumentOutcome[] {
  const missing = Array.from(plan.documents.values()).filter(
    ({ doc, container }) => !seen.has(doc) && isInShard(container, shard),
  );
  return missing.map(({ doc, generation }) => ({
    id: doc,
    outcome: 'failed',
    generation,
    bytesBefore: 0,
    bytesAfter: 0,
    blobsWritten: 0,
    blobsReused: 0,
    code: 'PLAN_DOCUMENT_MISSING',
    reason: 'the plan has this document, and the sources have it no longer; make a new plan',
  }));
}

import { describe, expectTypeOf, it } from 'vitest';
import type { JournalLine, LeanStateBag, PlanLine, SchemaTypes } from '../../schemas/generated/types.js';
import type { JournalEntry } from '../../src/journal/entries.js';
import type { PlanEntry } from '../../src/run/plan.js';
import type { SchemaName } from '../../src/validate/index.js';

/** What is written is never changed afterwards; what the schemas describe says nothing of that. */
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** Member names by kind of line. */
type Members<Line extends { readonly kind: string }> = { [L in Line as L['kind']]: keyof L };

// Compares types only: the lines that the code writes with those that the schemas describe.
describe('the types made from the schemas', () => {
  it('have one for every schema', () => {
    expectTypeOf<keyof SchemaTypes>().toEqualTypeOf<SchemaName>();
    expectTypeOf<SchemaTypes['state-bag.v2']>().toEqualTypeOf<LeanStateBag>();
  });

  it('let nobody put the program back', () => {
    expectTypeOf<LeanStateBag['workflow_config']>().toEqualTypeOf<undefined>();
    expectTypeOf<LeanStateBag['partition_map']>().toEqualTypeOf<undefined>();
    expectTypeOf<LeanStateBag['manifest_id']>().toEqualTypeOf<undefined>();
  });

  it('require what the state machine reads', () => {
    expectTypeOf<LeanStateBag['state_bag_version']>().toEqualTypeOf<2>();
    expectTypeOf<LeanStateBag['loop_counter']>().toEqualTypeOf<number | string>();
    expectTypeOf<LeanStateBag['segment_manifest_s3_path']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<LeanStateBag['current_state']>().toEqualTypeOf<unknown>();
  });

  it('tell the lines of a journal and of a plan apart by kind', () => {
    expectTypeOf<JournalLine['kind']>().toEqualTypeOf<'run' | 'intent' | 'result' | 'end'>();
    expectTypeOf<Extract<JournalLine, { kind: 'end' }>['complete']>().toEqualTypeOf<boolean>();
    expectTypeOf<PlanLine['kind']>().toEqualTypeOf<'plan' | 'document' | 'seal'>();
  });

  it('cover every line that the batch engine writes', () => {
    expectTypeOf<JournalEntry>().toExtend<Frozen<JournalLine>>();
    expectTypeOf<PlanEntry>().toExtend<Frozen<PlanLine>>();
    expectTypeOf<Members<JournalEntry>>().toEqualTypeOf<Members<JournalLine>>();
    expectTypeOf<Members<PlanEntry>>().toEqualTypeOf<Members<PlanLine>>();
  });
});

import { resolve } from 'node:path';
import { ConfigError } from '../../errors/index.js';
import type { Plan, PlanDescription } from '../../run/plan.js';
import { isTableUri } from '../../batch/sources/dynamodb-id.js';
import type { CliIo } from '../io.js';
import { EXECUTIONS_SCHEME, openSources } from '../../sources/open.js';
import type { OpenSource } from '../../sources/open.js';
import { openStore } from '../../sources/open-store.js';
import type { OpenStore } from '../../sources/open-store.js';
import { ownPlaces } from '../../sources/own-files.js';
import { omitUndefined } from '../omit-undefined.js';
import { planPlace, refuseOverlap } from '../../run/destination.js';
import type { Place } from '../../run/destination.js';
import { openPlan } from '../../run/plan.js';
import type { MigrationRequest } from './request.js';

/** A migration with everything at hand that it reads; nothing is written yet. */
export interface OpenMigration {
  readonly request: MigrationRequest;
  readonly io: CliIo;
  readonly store: OpenStore;
  readonly sources: readonly OpenSource[];
  readonly place: Place;
  readonly plan: Plan | undefined;
  /** What journals and plans are told about the work. */
  readonly description: PlanDescription;
}

export async function openMigration(request: MigrationRequest, io: CliIo): Promise<OpenMigration> {
  const store = await openStore(request.store, io.cwd);
  const copies = request.out === undefined || request.out === '-' ? [] : [resolve(io.cwd, request.out)];
  const own = ownPlaces(store, request.layout, [request.journal, ...copies]);
  refuseReadOnly(request.sources);
  const sources = await openSources(request.sources, { io, s3: request.store.s3, tables: request.tables, ...own });
  const place = await planPlace(request.out, sources, io);
  refuseOverlap(place, sources);
  const description = describe(request, store, sources, io);
  const plan = request.plan === undefined ? undefined : await openPlan(request.plan, description);
  return { request, io, store, sources, place, plan, description };
}

/** Nobody can edit the state of an execution from outside. */
function refuseReadOnly(specs: readonly string[]): void {
  const spec = specs.find((given) => given.startsWith(EXECUTIONS_SCHEME));
  if (spec === undefined) return;
  throw new ConfigError(
    'SOURCE_READ_ONLY',
    `${spec}: the bag inside an execution cannot be edited from outside; a wrapped reader brings it into the new form when it goes on. statebag can-contract counts what is left`,
  );
}

function describe(
  request: MigrationRequest,
  store: OpenStore,
  sources: readonly OpenSource[],
  io: CliIo,
): PlanDescription {
  const { target, manifestForm, layout, concurrency, selection, plan } = request;
  const tables = request.sources.some(isTableUri) ? request.tables : undefined;
  const { allowBuckets, allowPrefixes, s3 } = request.store;
  const { limit, shard, conditions } = selection;
  const out =
    request.out === undefined || request.out === '-'
      ? request.out
      : `${resolve(io.cwd, request.out)}${request.out.endsWith('/') ? '/' : ''}`;
  const isFormAsked = request.isFormAsked || undefined;
  const onlyFailed = request.onlyFailed || undefined;
  return {
    target,
    store: store.spec,
    bucket: store.blobs.bucket,
    prefix: store.blobs.prefix,
    sources: sources.map(({ source }) => source.id),
    options: omitUndefined({
      manifestForm,
      isFormAsked,
      layout,
      out,
      concurrency,
      limit,
      shard,
      where: conditions,
      plan,
      onlyFailed,
      allowBuckets,
      allowPrefixes,
      s3,
      tables,
    }),
  };
}

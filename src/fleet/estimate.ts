/** Where a fleet is migrated. */
export type EngineName = 'cli' | 's3-batch' | 'map';

/** What is known of a fleet, mostly from a sample of it. */
export interface FleetShape {
  readonly documents: number;
  /** Share of the documents that are migrated, 0 to 1. */
  readonly migratedShare: number;
  /** Bytes of a document, on average, as it is and as it will be. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** The larger of the two for a migrated document, on average. Default: as if all documents had the same size. */
  readonly migratedBytes?: number;
  /** Blobs of one migrated document, and how many of them are new to the store, on average. */
  readonly blobs: number;
  readonly newBlobs: number;
  readonly isRows: boolean;
}

/** What an engine can take. */
export interface Rates {
  /** Requests a second that one prefix of a bucket takes. */
  readonly putsPerPrefix: number;
  readonly getsPerPrefix: number;
  /** Prefixes over which documents are spread. */
  readonly prefixes: number;
  readonly requestMs: number;
  /** Milliseconds of computing for one document of 371 KB; smaller ones take less. */
  readonly cpuMs: number;
  readonly cpuBytes: number;
  /** Milliseconds of computing that the SDK takes for one request. */
  readonly requestCpuMs: number;
  readonly lambdaConcurrency: number;
  readonly lambdaMemoryGb: number;
  /** Containers that one invocation of a Map takes, and how many of them at a time. */
  readonly mapBatch: number;
  readonly mapInHand: number;
  /** Children of a Map that are started a second. */
  readonly mapStartsPerSecond: number;
  /** Tasks a second of a job of S3 Batch Operations. */
  readonly batchTasksPerSecond: number;
  readonly cliWorkers: number;
  readonly cliConcurrency: number;
  /** Write units a second of a table. */
  readonly writeUnits: number;
}

export const RATES: Rates = {
  putsPerPrefix: 3_500,
  getsPerPrefix: 5_500,
  prefixes: 1,
  requestMs: 25,
  cpuMs: 6,
  cpuBytes: 371_000,
  requestCpuMs: 1,
  lambdaConcurrency: 1_000,
  lambdaMemoryGb: 1.77,
  mapBatch: 50,
  mapInHand: 4,
  mapStartsPerSecond: 200,
  batchTasksPerSecond: 1_000,
  cliWorkers: 4,
  cliConcurrency: 8,
  writeUnits: 4_000,
};

/** Requests to the places of documents and blobs. */
export interface Demand {
  readonly gets: number;
  readonly puts: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** What AWS counts for a whole fleet, by kind. Repeated requests are not in it. */
export interface Requests {
  /** `GetObject`. */
  readonly s3Gets: number;
  /** `GetObjectTagging`. */
  readonly s3TagReads: number;
  /** `PutObject`. */
  readonly s3Puts: number;
  /** `ListObjectsV2`, 1,000 objects each; a manifest or an inventory needs none. */
  readonly s3Lists: number;
  readonly dynamoDbReadUnits: number;
  readonly dynamoDbWriteUnits: number;
  readonly lambdaInvocations: number;
  readonly lambdaGbSeconds: number;
  /** Of a standard workflow: start, task and end of each child. */
  readonly stateTransitions: number;
  /** Objects of a job of S3 Batch Operations. */
  readonly batchObjects: number;
}

export interface Estimate {
  readonly engine: EngineName;
  readonly requests: Requests;
  /** Seconds. */
  readonly seconds: number;
  /** What holds the fleet up. */
  readonly bottleneck: string;
}

/** Requests of one document, on average. */
export function demandOf(
  { migratedShare: share, blobs, newBlobs, bytesBefore, bytesAfter, migratedBytes, isRows }: FleetShape,
  engine: EngineName,
): Demand {
  // Whether an old blob is there already is known only in the process that put it; a fresh one asks with its PUT.
  const blobPuts = engine === 'cli' ? newBlobs : Math.min(blobs, newBlobs + 0.1 * blobs);
  const record = engine === 'cli' ? 0 : 1;
  if (isRows)
    return {
      gets: 0,
      puts: share * (blobPuts + record),
      readUnits: bytesBefore / 8_192,
      writeUnits: share * Math.ceil((migratedBytes ?? Math.max(bytesBefore, bytesAfter)) / 1_024),
    };
  // Read; and where it is rewritten, read once more with its tags, for what goes back with it.
  return { gets: 1 + share * 2, puts: share * (1 + blobPuts + record), readUnits: 0, writeUnits: 0 };
}

/** Milliseconds that a document keeps one place busy: requests one behind the other, and computing. */
export function serviceMs(
  shape: FleetShape,
  engine: EngineName,
  rates: Rates,
): { readonly wait: number; readonly cpu: number } {
  const { gets, puts, writeUnits } = demandOf(shape, engine);
  const requests = gets + puts + (writeUnits > 0 ? 1 : 0);
  return {
    wait: requests * rates.requestMs,
    cpu: requests * rates.requestCpuMs + (shape.bytesBefore / rates.cpuBytes) * rates.cpuMs,
  };
}

/** Time and requests for a whole fleet: the slowest of the limits decides. */
export function estimate(shape: FleetShape, engine: EngineName, rates: Rates = RATES): Estimate {
  const one = demandOf(shape, engine);
  const limits = limitsOf(shape, engine, rates, one);
  const [bottleneck, perSecond] = Object.entries(limits).reduce((least, limit) =>
    limit[1] < least[1] ? limit : least,
  );
  return {
    engine,
    requests: countRequests(shape, engine, one, rates),
    seconds: shape.documents / perSecond,
    bottleneck,
  };
}

/** Documents a second that each part lets pass. */
function limitsOf(
  shape: FleetShape,
  engine: EngineName,
  rates: Rates,
  { gets, puts, writeUnits }: Demand,
): Readonly<Record<string, number>> {
  const { wait, cpu } = serviceMs(shape, engine, rates);
  return {
    ...(puts > 0 && { 'S3 writes per prefix': (rates.putsPerPrefix * rates.prefixes) / puts }),
    ...(gets > 0 && { 'S3 reads per prefix': (rates.getsPerPrefix * rates.prefixes) / gets }),
    ...(writeUnits > 0 && { 'write units of the table': rates.writeUnits / writeUnits }),
    ...placesOf(engine, rates, wait, cpu),
  };
}

function placesOf(engine: EngineName, rates: Rates, wait: number, cpu: number): Readonly<Record<string, number>> {
  if (engine === 'cli') {
    return {
      'processors of the host': (rates.cliWorkers * 1_000) / cpu,
      'documents in hand': (rates.cliWorkers * rates.cliConcurrency * 1_000) / (wait + cpu),
    };
  }
  if (engine === 's3-batch') {
    return {
      'tasks that S3 Batch Operations starts': rates.batchTasksPerSecond,
      'Lambda concurrency': (rates.lambdaConcurrency * 1_000) / (wait + cpu),
    };
  }
  const inSandbox = Math.max(cpu, (wait + cpu) / rates.mapInHand);
  return {
    'children that the Map starts': rates.mapStartsPerSecond * rates.mapBatch,
    'Lambda concurrency': (rates.lambdaConcurrency * 1_000) / inSandbox,
  };
}

function countRequests(shape: FleetShape, engine: EngineName, one: Demand, rates: Rates): Requests {
  const { documents, migratedShare, isRows } = shape;
  const tagReads = isRows ? 0 : documents * migratedShare;
  return {
    s3Gets: one.gets * documents - tagReads,
    s3TagReads: tagReads,
    s3Puts: one.puts * documents,
    s3Lists: isRows || engine !== 'cli' ? 0 : documents / 1_000,
    dynamoDbReadUnits: one.readUnits * documents,
    dynamoDbWriteUnits: one.writeUnits * documents,
    ...countServices(shape, engine, rates),
  };
}

type Services = Pick<Requests, 'lambdaInvocations' | 'lambdaGbSeconds' | 'stateTransitions' | 'batchObjects'>;

function countServices(shape: FleetShape, engine: EngineName, rates: Rates): Services {
  const { documents } = shape;
  if (engine === 'cli') return { lambdaInvocations: 0, lambdaGbSeconds: 0, stateTransitions: 0, batchObjects: 0 };
  const { wait, cpu } = serviceMs(shape, engine, rates);
  const inSandbox = engine === 'map' ? Math.max(cpu, (wait + cpu) / rates.mapInHand) : wait + cpu;
  const invocations = engine === 'map' ? documents / rates.mapBatch : documents;
  return {
    lambdaInvocations: invocations,
    lambdaGbSeconds: ((documents * inSandbox) / 1_000) * rates.lambdaMemoryGb,
    stateTransitions: engine === 'map' ? invocations * 3 : 0,
    batchObjects: engine === 's3-batch' ? documents : 0,
  };
}

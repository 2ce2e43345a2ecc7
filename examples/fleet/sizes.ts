/** Target sizes in bytes of compact UTF-8. */
export interface BagSize {
  readonly configBytes: number;
  readonly mapBytes: number;
  readonly stateBytes: number;
  /** All of the bag outside the three values: control plane, `input`, and the keys. */
  readonly controlBytes: number;
  /** Elements of the partition map. */
  readonly segments: number;
  /** Nodes of the workflow. */
  readonly nodes: number;
}

const KIB = 1024;

/**
 * 371 KiB: what the engine's own authors gave as a typical bag of a grown workflow, over the 256 KiB limit of Step
 * Functions.
 */
export const HEADLINE: BagSize = {
  configBytes: 200 * KIB,
  mapBytes: 50 * KIB,
  stateBytes: 100 * KIB,
  controlBytes: 21 * KIB,
  segments: 71,
  nodes: 76,
};

/** 60 KiB. */
export const MID: BagSize = {
  configBytes: 32 * KIB,
  mapBytes: 13 * KIB,
  stateBytes: 11 * KIB,
  controlBytes: 4 * KIB,
  segments: 17,
  nodes: 20,
};

/** 5 KiB, as most test workflows of the engine were. */
export const SMALL: BagSize = {
  configBytes: 1700,
  mapBytes: 1900,
  stateBytes: 400,
  controlBytes: 1120,
  segments: 3,
  nodes: 3,
};

export const SIZES = { headline: HEADLINE, mid: MID, small: SMALL } as const;
export type SizeName = keyof typeof SIZES;
export const SIZE_NAMES: readonly SizeName[] = ['headline', 'mid', 'small'];

export function totalBytes(size: BagSize): number {
  return size.configBytes + size.mapBytes + size.stateBytes + size.controlBytes;
}

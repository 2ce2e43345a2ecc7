import { WRAPPERS } from '../../bag/envelope.js';
import { scanJson, sliceNode } from '../../json/index.js';
import type { JsonMember, JsonNode, Shape, Splice } from '../../json/index.js';

/** A member that differs between two texts; `undefined` where it is absent. */
export interface MemberChange {
  readonly path: readonly string[];
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

export interface MemberDiff {
  readonly changes: readonly MemberChange[];
  /** Splices over the text after that give the text before; what they insert are views of it. */
  readonly inverse: readonly Splice[];
}

/** The levels on which bags lie; whatever else differs is one change as a whole. */
const LEVELS: Shape = makeLevels();

function makeLevels(): Shape {
  const members: Record<string, Shape> = {};
  const shape: Shape = { members, anyMember: {} };
  for (const name of WRAPPERS) members[name] = shape;
  return shape;
}

/** Compares two objects as `attributeText` writes them: compact, members sorted, each name once. */
export function diffMembers(before: Uint8Array, after: Uint8Array): MemberDiff {
  const walk = new Walk(before, after);
  walk.compare(scanJson(before, LEVELS), scanJson(after, LEVELS), []);
  return walk;
}

class Walk implements MemberDiff {
  readonly changes: MemberChange[] = [];
  readonly inverse: Splice[] = [];

  constructor(
    private readonly before: Uint8Array,
    private readonly after: Uint8Array,
  ) {}

  /** Both are objects. Between two members that stay, all that differs is one splice. */
  compare(before: JsonNode, after: JsonNode, path: readonly string[]): void {
    let from = { before: before.start + 1, after: after.start + 1 };
    let isDirty = false;
    const flush = (to: { readonly before: number; readonly after: number }) => {
      if (isDirty)
        this.inverse.push({ start: from.after, end: to.after, insert: this.before.subarray(from.before, to.before) });
      isDirty = false;
    };
    for (const [old, now] of paired(before.members ?? [], after.members ?? [])) {
      const name = (old ?? now)!.name;
      const isLevel = old !== undefined && now !== undefined && isSameLevel(name, old.value, now.value);
      if (old && now && (isLevel || this.isSame(old.value, now.value))) {
        flush({ before: old.keyStart, after: now.keyStart });
        if (isLevel) this.compare(old.value, now.value, [...path, name]);
        from = { before: old.value.end, after: now.value.end };
        continue;
      }
      isDirty = true;
      this.changes.push({
        path: [...path, name],
        before: old && sliceNode(this.before, old.value),
        after: now && sliceNode(this.after, now.value),
      });
    }
    flush({ before: before.end - 1, after: after.end - 1 });
  }

  private isSame(before: JsonNode, after: JsonNode): boolean {
    return Buffer.compare(sliceNode(this.before, before), sliceNode(this.after, after)) === 0;
  }
}

function isSameLevel(name: string, before: JsonNode, after: JsonNode): boolean {
  return (WRAPPERS as readonly string[]).includes(name) && before.kind === 'object' && after.kind === 'object';
}

/** Merges two sorted lists by name. */
function* paired(
  before: readonly JsonMember[],
  after: readonly JsonMember[],
): Iterable<readonly [JsonMember | undefined, JsonMember | undefined]> {
  for (let at = 0, to = 0; at < before.length || to < after.length;) {
    const [old, now] = [before[at], after[to]];
    if (old !== undefined && old.name === now?.name) {
      at++;
      to++;
      yield [old, now];
    } else if (now === undefined || (old !== undefined && old.name < now.name)) {
      at++;
      yield [old, undefined];
    } else {
      to++;
      yield [undefined, now];
    }
  }
}

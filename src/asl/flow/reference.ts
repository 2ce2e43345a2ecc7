/** One step of a path, and where its name begins and ends in the text of the expression. */
export interface Step {
  /** `*` for what may be any member or element. */
  readonly name: string;
  /** Where the step begins, its dot or bracket included. */
  readonly start: number;
  /** Where the bare name begins. */
  readonly nameStart: number;
  /** Past the bare name. */
  readonly nameEnd: number;
}

/**
 * What an expression reads. `root` is `input` (the state's input), `result` (what its task answered), `context` (the
 * context object), `$name` for a variable, and `unknown` for a path inside another one.
 */
export interface Reference {
  readonly root: string;
  readonly steps: readonly Step[];
  /** Offsets into the text of the expression. */
  readonly start: number;
  readonly end: number;
  /** It may lead to several values: it has a wildcard, a slice, a filter or a deep step. */
  readonly isMany?: true;
}

/** A value that an expression makes, taken apart as far as it can be said. */
export interface MadeValue {
  /** The value, when it is a path and nothing else. */
  readonly path?: Reference;
  /** The object it is, when it is written out. */
  readonly made?: MadeObject;
  readonly references: readonly Reference[];
}

/** An object that is written out member by member, over the members of `base`: `$merge([base, {"name": value}])`. */
export interface MadeObject {
  readonly base?: Reference;
  readonly members: readonly BuiltMember[];
}

/** A member that an object of an expression is built with: `{"name": value}`. */
export interface BuiltMember extends MadeValue {
  readonly name: string;
  readonly keyStart: number;
  readonly keyEnd: number;
}

/**
 * Where an object is in the expression that builds it: it is the value, or a member or an element of that; it is merged
 * into another object; or something is done with it first.
 */
export type BuiltPlace = 'value' | 'merged' | 'inside';

/** An object that an expression builds. */
export interface BuiltObject {
  readonly members: readonly BuiltMember[];
  readonly place: BuiltPlace;
  /** What it is merged over. */
  readonly base?: Reference;
}

/** An expression taken apart. Offsets are indexes into `text`. */
export interface Expression extends MadeValue {
  readonly text: string;
  /** Offset of `text` in the string that holds it. */
  readonly offset: number;
  /** References that are only asked whether they are there. */
  readonly probes: readonly Reference[];
  readonly objects: readonly BuiltObject[];
  /** Texts of the arguments of the one function that the expression calls. */
  readonly call?: { readonly name: string; readonly arguments: readonly string[] };
}

export function namesOf({ steps }: Reference): readonly string[] {
  return steps.map(({ name }) => name);
}

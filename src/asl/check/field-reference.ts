import { isProgramField } from '../flow/names.js';
import type { Origin } from '../flow/leads.js';
import type { Expression, MadeValue, Reference, Step } from '../flow/reference.js';

/** A reference to one of the two fields, or to something in it. */
export interface FieldReference {
  readonly reference: Reference;
  readonly field: string;
  /** The step that names the field; absent when a variable of that name does. */
  readonly step?: Step;
  /** Steps up to the field, its own included. */
  readonly depth: number;
}

/** The field itself: a path that ends at it, where a path to the manifest can lie beside it, and nothing else. */
export function wholeField({ path }: MadeValue): FieldReference | undefined {
  const found = path && fieldReference(path);
  const isData = path && (path.root === 'input' || path.root === 'result' || path.root.startsWith('$'));
  return found && isData && !path.isMany && found.depth === path.steps.length ? found : undefined;
}

export function fieldReferences({ references }: Pick<Expression, 'references'>): readonly FieldReference[] {
  return references.flatMap((reference) => {
    const found = fieldReference(reference);
    return found ? [found] : [];
  });
}

/** Where the references begin that the fields of the built objects are made of. */
export function builtStarts({ objects }: Pick<Expression, 'objects'>): ReadonlySet<number> {
  const starts = new Set<number>();
  for (const { members } of objects)
    for (const { name, references } of members)
      if (isProgramField(name)) for (const { start } of references) starts.add(start);
  return starts;
}

function fieldReference(reference: Reference): FieldReference | undefined {
  const variable = reference.root.slice(1);
  if (reference.root.startsWith('$') && isProgramField(variable)) return { reference, field: variable, depth: 0 };
  const index = reference.steps.findIndex(({ name }) => isProgramField(name));
  const step = reference.steps[index];
  return step && { reference, field: step.name, step, depth: index + 1 };
}

/**
 * Writes another member of the object that a field lies in, or another variable: `$.bag.workflow_config` →
 * `$.bag.NAME`.
 */
export type Sibling = (name: string) => string;

export function siblingOf({ text }: Pick<Expression, 'text'>, { reference, step }: FieldReference): Sibling {
  if (!step) return (name) => `$${name}`;
  const before = text.slice(reference.start, step.start);
  return (name) => (before === '' ? name : `${before}.${name}`);
}

/** The workflow's own program, as it was, and in no case a branch's. */
export function isUntouched(origins: ReadonlySet<Origin>): boolean {
  return origins.has('program') && !origins.has('branch') && !origins.has('made');
}

/** True for what was given to the execution, which never has a path of ours. */
export function isExecutionInput({ root }: Reference): boolean {
  return root === 'context';
}

import type { BagError } from '../../errors/index.js';

/** What a report says of a text that is refused. */
export interface Refusal {
  /** A sentence without the place. */
  readonly message: string;
  /** 1-based, in the text. */
  readonly line: number;
  readonly column: number;
}

/**
 * The message of a refusal ends with the place in the text. Where the text is one line of a file, that is not the place
 * in the file, so reports give the place by itself.
 */
export function describeRefusal({ message, context }: BagError): Refusal {
  const { line = 1, column = 1 } = context as { readonly line?: number; readonly column?: number };
  const place = ` at line ${line}, column ${column}`;
  const text = message.endsWith(place) ? message.slice(0, -place.length) : message;
  return { message: `${text}.`, line, column };
}

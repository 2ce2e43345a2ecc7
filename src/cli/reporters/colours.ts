import pc from 'picocolors';

export interface Paint {
  readonly bad: (text: string) => string;
  readonly good: (text: string) => string;
  readonly faint: (text: string) => string;
}

export function paintFor(colour: boolean): Paint {
  const { red, green, dim } = pc.createColors(colour);
  return { bad: red, good: green, faint: dim };
}

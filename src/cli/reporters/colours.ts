export interface Paint {
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

const PLAIN: Paint = { bad: (text) => text, faint: (text) => text };

/** The library is loaded only where there are colours. */
export async function paintFor(colour: boolean): Promise<Paint> {
  if (!colour) return PLAIN;
  const { default: colours } = await import('picocolors');
  const { red, dim } = colours.createColors(true);
  return { bad: red, faint: dim };
}

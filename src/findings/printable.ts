/** A message may quote a document; control characters of it must not reach a terminal or a log. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

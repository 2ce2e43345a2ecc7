/** HTML that is safe to be put into HTML. Only `html` makes it. */
export class Markup {
  constructor(readonly text: string) {}
}

type Content = string | number | Markup | readonly Content[] | undefined;

/** A template of HTML. Whatever is put in is escaped, unless a template made it. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.map((text, at) => text + (at < values.length ? written(values[at]) : '')).join(''));
}

function written(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  return typeof value === 'object' ? value.map(written).join('') : escapeHtml(String(value));
}

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Also spells out what would be invisible or turn the reading direction round. */
function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"'`]/g, (char) => NAMED[char]!)
    .replace(
      /[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
      (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`,
    );
}

/** A text that is not ours: its direction must not affect the text around it. */
export function isolateText(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}

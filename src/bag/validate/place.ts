/** A place inside a validated value. */
export interface Place {
  /** For people: `inverse[0].pieces[1].text`; `the document` for the root. */
  readonly label: string;
  /** What is there; `undefined` when nothing is. */
  readonly value: unknown;
  /** The innermost member name on the way there. */
  readonly member: string | undefined;
}

/** Keys of user data can be of any length; a message shows this many characters of one. */
const MAX_KEY_SHOWN = 60;

/** Follows a JSON pointer (RFC 6901) down from the root. */
export function resolvePlace(root: unknown, pointer: string): Place {
  let place: Place = { label: '', value: root, member: undefined };
  for (const token of pointer.split('/').slice(1)) place = stepDown(place, unescapeToken(token));
  return place.label === '' ? { ...place, label: 'the document' } : { ...place, label: `\`${place.label}\`` };
}

function stepDown({ label, value, member }: Place, token: string): Place {
  if (Array.isArray(value)) return { label: `${label}[${token}]`, value: value[Number(token)], member };
  const child = isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  return { label: `${label}${memberLabel(token, label === '')}`, value: child, member: token };
}

/** The pointer of a member of the object at `pointer`. */
export function childPointer(pointer: string, member: string): string {
  return `${pointer}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function memberLabel(name: string, isFirst: boolean): string {
  const shown = name.length > MAX_KEY_SHOWN ? `${name.slice(0, MAX_KEY_SHOWN)}…` : name;
  if (!/^[\w$-]+$/.test(shown)) return `[${JSON.stringify(shown)}]`;
  return isFirst ? shown : `.${shown}`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

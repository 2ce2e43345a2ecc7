/** What a history or `--function` says of a function or an activity. Parts that it does not say are absent. */
export interface CalledFunction {
  readonly region?: string | undefined;
  readonly account?: string | undefined;
  /** Empty when a history does not say which function was called. */
  readonly name: string;
  /** A version or an alias of a function. */
  readonly qualifier?: string | undefined;
}

/** What a call without a version and without an alias runs. */
const UNQUALIFIED = '$LATEST';

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/;
const ACCOUNT = /^\d{12}$/;
const KIND = /^(?:function|activity)$/;

/**
 * Reads every form that Lambda accepts as the name of a function: `engine`, `engine:prod`, `function:engine:7`,
 * `123456789012:function:engine`, and the ARN with or without a version or an alias; also the ARN of an activity.
 *
 * @example
 *     parseFunction('123456789012:function:engine:7'); // { account: '123456789012', name: 'engine', qualifier: '7' }
 */
export function parseFunction(text: string): CalledFunction {
  const parts = text.split(':');
  // arn:{partition}:{service}, before the parts that a partial ARN has, too.
  if (parts[0] === 'arn' && parts.length > 6) parts.splice(0, 3);
  const take = (form: RegExp) => (parts.length > 1 && form.test(parts[0]!) ? parts.shift() : undefined);
  const [region, account] = [take(REGION), take(ACCOUNT)];
  take(KIND);
  const [name = '', qualifier] = parts;
  return { region, account, name, qualifier };
}

/** The name with its version or alias, if one was called. */
export function formatFunction({ name, qualifier }: CalledFunction): string {
  return qualifier === undefined ? name : `${name}:${qualifier}`;
}

/** True when a call is one of the function that was asked for. What only one of the two says makes no difference. */
export function isCallTo(asked: CalledFunction, called: CalledFunction): boolean {
  return (
    asked.name === called.name &&
    isCompatible(asked.region, called.region) &&
    isCompatible(asked.account, called.account) &&
    (asked.qualifier === undefined || asked.qualifier === (called.qualifier ?? UNQUALIFIED))
  );
}

function isCompatible(asked: string | undefined, called: string | undefined): boolean {
  return asked === undefined || called === undefined || asked === called;
}

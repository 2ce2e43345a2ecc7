/** What a request to the Runtime API is about, as far as the proxy cares. */
export type Route =
  | { readonly kind: 'next' }
  | { readonly kind: 'response'; readonly requestId: string }
  | { readonly kind: 'error'; readonly requestId: string }
  | { readonly kind: 'other' };

const INVOCATION = /^\/2018-06-01\/runtime\/invocation\/([^/?]+)(?:\/(response|error))?$/;

/** Anything that is not known is `other` and passes. */
export function routeOf(method: string | undefined, path: string | undefined): Route {
  const [, name = '', verb] = INVOCATION.exec(path ?? '') ?? [];
  if (method === 'GET' && name === 'next' && verb === undefined) return { kind: 'next' };
  if (method === 'POST' && (verb === 'response' || verb === 'error')) return { kind: verb, requestId: name };
  return { kind: 'other' };
}

export const NEXT_PATH = '/2018-06-01/runtime/invocation/next';
export const INIT_ERROR_PATH = '/2018-06-01/runtime/init/error';

export function errorPath(requestId: string): string {
  return `/2018-06-01/runtime/invocation/${requestId}/error`;
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DiagnosticMessages, DiagnosticName } from 'statebag-shim';

/** What a channel says while some work is done. */
export async function observed<N extends DiagnosticName>(
  name: N,
  work: () => unknown,
): Promise<DiagnosticMessages[N][]> {
  const messages: DiagnosticMessages[N][] = [];
  const listen = (message: unknown) => messages.push(message as DiagnosticMessages[N]);
  subscribe(`statebag-shim:${name}`, listen);
  try {
    await work();
  } finally {
    unsubscribe(`statebag-shim:${name}`, listen);
  }
  return messages;
}

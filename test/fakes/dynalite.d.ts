declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A server of DynamoDB's wire protocol over a store in memory. */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}

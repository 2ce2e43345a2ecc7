#!/usr/bin/env node
import { runRuntimeProxy } from './run.js';

// Started by the wrapper script with the runtime's command line; no argument of it is the proxy's.
process.exit(await runRuntimeProxy(process.argv.slice(2), process));

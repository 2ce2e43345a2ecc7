#!/usr/bin/env node
import { processIo } from './io.js';
import { run } from './run.js';

// No await at the top: this becomes CommonJS too. `run` never rejects.
void run(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});

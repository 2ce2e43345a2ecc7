#!/usr/bin/env node
import { keepHeap } from './heap-keeper.js';
import { processIo } from './process-io.js';
import { run } from './run.js';

keepHeap();
// No await at the top: this becomes CommonJS too. `run` never rejects.
void run(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});

#!/usr/bin/env node
import { fleetCommand } from './command.js';

process.exitCode = fleetCommand(process.argv.slice(2), process);

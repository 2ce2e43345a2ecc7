import { spawnSync } from 'node:child_process';
import type { Program } from './child.js';
import { NODE_PEER, PYTHON_PEER } from './places.js';

/** What else a user could have reached for. */
export interface Peer {
  readonly name: string;
  /** Less than the whole job, where that is so. */
  readonly remark?: string;
  /** The program that makes lean lines of fat ones. */
  program(input: string, output: string): Program;
}

/** `true` when the command exists and ends well. */
function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Those that are on this machine. They cut, hash and write lines; no blob, no journal, and nothing is synced. */
export function findPeers(): readonly Peer[] {
  const python = works('python3', '-c', 'import json');
  return [
    NODE_ROUND_TRIP,
    ...(python ? [pythonPeer('python3 json')] : []),
    ...(python && works('python3', '-c', 'import orjson') ? [pythonPeer('python3 orjson', '--orjson')] : []),
    ...(works('jq', '--version') ? [JQ] : []),
  ];
}

export const NODE_ROUND_TRIP: Peer = {
  name: 'node round trip',
  program: (input, output) => ({ command: process.execPath, args: [NODE_PEER, input, output] }),
};

function pythonPeer(name: string, ...flags: readonly string[]): Peer {
  return { name, program: (input, output) => ({ command: 'python3', args: [PYTHON_PEER, ...flags, input, output] }) };
}

const CUT = ['workflow_config', 'partition_map', '_is_init', '_status'].map((name) => `.state_data.${name}`).join(', ');

const JQ: Peer = {
  name: 'jq',
  remark: 'cuts only: no manifest, no digests',
  program: (input, output) => ({ command: 'jq', args: ['-c', `del(${CUT})`, input], stdout: output }),
};

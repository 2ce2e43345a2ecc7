#!/usr/bin/env bash
# Installs the interpreter of state machines for test/state-machines into node_modules of this folder, once per lock
# file. It names Node 22 as its engine, which npm would warn of; the tests supply the one function that Node 20 lacks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  npm ci --loglevel=error --no-audit --no-fund >&2
fi

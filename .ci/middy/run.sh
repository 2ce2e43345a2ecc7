#!/usr/bin/env bash
# Runs the tests of the middleware with each supported release of middy, and compiles its typed chains with the types
# of Lambda and of durable functions, which middy imports. middy 7 needs a newer Node. Usage: run.sh NODE_RELEASE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  npm ci --loglevel=error --no-audit --no-fund >&2
fi
cd ../..
newer=$(.ci/node-release "$1")

# check MAJOR NODE: with this release of middy, on this Node.
check() {
  local folder=$PWD/.ci/middy/node_modules/middy-$1
  echo "middy $(node -p 'require(process.argv[1]).version' "$folder/package.json") on Node $("$2" --version)"
  npx tsc -p ".ci/middy/tsconfig.$1.json"
  STATEBAG_TEST_MIDDY=$folder "$2" node_modules/vitest/vitest.mjs run test/adapter/middy.test.ts test/adapter/types.test.ts
}
check 6 "$(command -v node)"
check 7 "$newer"

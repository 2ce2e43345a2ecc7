#!/usr/bin/env bash
# Runs test/real against real servers: starts them, runs the suite, stops them. Usage: run.sh [versitygw] [moto] [minio]
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(dirname "${BASH_SOURCE[0]}")
servers=("$@")
[ ${#servers[@]} -gt 0 ] || servers=(versitygw moto)

trap '"$here/stop.sh" "${servers[@]}"' EXIT
endpoints=()
for name in "${servers[@]}"; do
  endpoints+=("$name=$("$here/start-$name.sh")")
done
cd "$project"
# The runtime proxy is tested as it is shipped.
npm run --silent build
while IFS= read -r setting; do export "${setting?}"; done < <("$here/install-runtimes.sh")
STATEBAG_TEST_S3_ENDPOINT=$(IFS=,; echo "${endpoints[*]}") npx vitest run --config vitest.real.config.ts

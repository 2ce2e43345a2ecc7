#!/usr/bin/env bash
# Runs test/real against real servers: starts them, runs the suites that have one, stops them.
# Usage: run.sh [versitygw] [moto] [minio] [dynamodb-local]
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(dirname "${BASH_SOURCE[0]}")
servers=("$@")
[ ${#servers[@]} -gt 0 ] || servers=(versitygw moto dynamodb-local)

trap '"$here/stop.sh" "${servers[@]}"' EXIT
endpoints=()
suites=()
for name in "${servers[@]}"; do
  endpoint=$("$here/start-$name.sh")
  if [ "$name" = dynamodb-local ]; then
    export STATEBAG_TEST_DYNAMODB_ENDPOINT=$endpoint
    suites+=(test/real/dynamodb.test.ts)
  else
    endpoints+=("$name=$endpoint")
  fi
done
if [ ${#endpoints[@]} -gt 0 ]; then
  STATEBAG_TEST_S3_ENDPOINT=$(IFS=,; echo "${endpoints[*]}")
  export STATEBAG_TEST_S3_ENDPOINT
  suites+=(test/real/s3.test.ts test/real/s3-checks.test.ts test/real/distributed-map.test.ts test/real/state-machine.test.ts test/real/application.test.ts test/real/gc.test.ts test/real/executions.test.ts test/real/replay.test.ts test/real/runtime-clients.test.ts)
  while IFS= read -r setting; do export "${setting?}"; done < <("$here/install-runtimes.sh")
fi
# Needs servers of both kinds.
[ -z "${STATEBAG_TEST_S3_ENDPOINT:-}" ] || [ -z "${STATEBAG_TEST_DYNAMODB_ENDPOINT:-}" ] || suites+=(test/real/fleet-functions.test.ts)
cd "$project"
# Some of the suites execute state machines.
.ci/state-machines/install.sh
npx vitest run --config vitest.real.config.ts "${suites[@]}"

# Shared by the scripts of this folder; sourced, not run.
# Everything built or written by them lies in .real-servers/ of the project, which git ignores.

set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=$project/.real-servers
mkdir -p "$home/bin" "$home/log" "$home/pid" "$home/data"

# Keys for servers on this machine only. MinIO insists on eight characters.
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-statebag}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-statebag-secret}

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# launch NAME ENDPOINT COMMAND...: starts the command in the background, notes its process id, waits until the
# endpoint answers HTTP, and prints the endpoint.
launch() {
  local name=$1 endpoint=$2
  shift 2
  "$(dirname "${BASH_SOURCE[0]}")/stop.sh" "$name"
  setsid "$@" >"$home/log/$name.log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >"$home/pid/$name"
  for _ in $(seq 1 150); do
    if node -e 'fetch(process.argv[1]).then(() => process.exit(0), () => process.exit(1))' "$endpoint" 2>/dev/null; then
      echo "$endpoint"
      return 0
    fi
    if ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.2
  done
  echo "$name does not answer at $endpoint; its log ends with:" >&2
  tail -n 20 "$home/log/$name.log" >&2
  "$(dirname "${BASH_SOURCE[0]}")/stop.sh" "$name"
  return 1
}

# fresh_data NAME: an empty data directory for a server.
fresh_data() {
  rm -rf "${home:?}/data/$1"
  mkdir -p "$home/data/$1"
  echo "$home/data/$1"
}

#!/usr/bin/env bash
# Stops servers started by this folder's scripts, by the process id they noted. Usage: stop.sh NAME...
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.real-servers

for name in "$@"; do
  file=$home/pid/$name
  [ -f "$file" ] || continue
  pid=$(cat "$file")
  rm -f "$file"
  # A number may have passed to another program since; only a process of ours has our name in its command line.
  if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "\.real-servers"; then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 1 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -rf "${home:?}/data/$name"
done

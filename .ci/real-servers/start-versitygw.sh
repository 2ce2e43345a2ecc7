#!/usr/bin/env bash
# Builds versitygw (once) and starts it on a free port of 127.0.0.1; prints the endpoint. Needs Go.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=v1.8.0

if [ ! -x "$home/bin/versitygw-$version" ]; then
  build=$(mktemp -d)
  GOBIN=$build go install "github.com/versity/versitygw/cmd/versitygw@$version" >&2
  mv "$build/versitygw" "$home/bin/versitygw-$version"
  rmdir "$build"
fi

data=$(fresh_data versitygw)
metadata=()
# ETags and metadata live in extended attributes; where the file system has none, in a directory beside the data.
if ! python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.statebag", b"1")' "$data" 2>/dev/null; then
  mkdir -p "$data/sidecar"
  metadata=(--sidecar "$data/sidecar")
fi
mkdir -p "$data/buckets"

address=127.0.0.1:$(free_port)
export ROOT_ACCESS_KEY=$AWS_ACCESS_KEY_ID ROOT_SECRET_KEY=$AWS_SECRET_ACCESS_KEY
launch versitygw "http://$address" \
  "$home/bin/versitygw-$version" --port "$address" --region us-east-1 posix "${metadata[@]}" "$data/buckets"

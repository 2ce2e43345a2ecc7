#!/usr/bin/env bash
# Builds MinIO (once; some minutes) and starts it on a free port of 127.0.0.1; prints the endpoint. Needs Go.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=v0.0.0-20260212201848-7aac2a2c5b7c

if [ ! -x "$home/bin/minio-$version" ]; then
  build=$(mktemp -d)
  GOBIN=$build go install "github.com/minio/minio@$version" >&2
  mv "$build/minio" "$home/bin/minio-$version"
  rmdir "$build"
fi

data=$(fresh_data minio)
address=127.0.0.1:$(free_port)
export MINIO_ROOT_USER=$AWS_ACCESS_KEY_ID MINIO_ROOT_PASSWORD=$AWS_SECRET_ACCESS_KEY MINIO_BROWSER=off MINIO_UPDATE=off
launch minio "http://$address" "$home/bin/minio-$version" server --quiet --address "$address" "$data"

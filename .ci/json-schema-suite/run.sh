#!/usr/bin/env bash
# Runs the JSON Schema Test Suite (draft 2020-12, as the sources of Python's `jsonschema` carry it) through the checker
# of `statebag validate --schema`. Left out: what needs a network, formats, vocabularies and content.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=4.26.0
sha256=0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326
url=https://files.pythonhosted.org/packages/b3/fc/e067678238fa451312d4c62bf6e6cf5ec56375422aee02f9cb5f909b3047/jsonschema-$version.tar.gz
home=.real-servers/json-schema-suite/$version

if [ ! -d "$home/json" ]; then
  mkdir -p "$home"
  curl --fail --silent --show-error --location --retry 3 --output "$home/jsonschema.tar.gz" "$url"
  echo "$sha256  $home/jsonschema.tar.gz" | sha256sum --check --quiet
  tar -xzf "$home/jsonschema.tar.gz" -C "$home" --strip-components=1 "jsonschema-$version/json"
fi
node .ci/build/build.mjs --if-stale
exec node .ci/json-schema-suite/run.mjs "$home/json/tests/draft2020-12"

#!/usr/bin/env bash
# Installs (once) what test/real/formats.test.ts holds our reports and schemas against, into .real-servers/tools, and
# prints that directory. Needs Python 3.9 or later, Go and Cargo: the schemas of SARIF and JUnit XML are taken from
# packages that carry them, since none is published by itself.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$project/.real-servers/tools
mkdir -p "$tools"

if [ ! -x "$tools/python/bin/python" ]; then
  python3 -m venv "$tools/python" >&2
  "$tools/python/bin/pip" install --quiet 'jsonschema[format]==4.26.0' 'xmlschema==4.1.0' 'pre-commit==4.5.0' 'check-jsonschema==0.36.0' >&2
fi

if [ ! -f "$tools/junit.xsd" ]; then
  module=$(cd "$tools" && go mod download -json github.com/yannh/kubeconform@v0.8.0 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  cp "$module/fixtures/junit.xsd" "$tools/junit.xsd"
  chmod u+w "$tools/junit.xsd"
fi

if [ ! -f "$tools/sarif-schema-2.1.0.json" ]; then
  crate=$(mktemp -d)
  mkdir "$crate/src" && touch "$crate/src/lib.rs"
  printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\nserde-sarif = { version = "=0.4.2", default-features = false }\n' >"$crate/Cargo.toml"
  (cd "$crate" && cargo vendor --quiet vendored >&2)
  cp "$crate/vendored/serde-sarif/src/schema.json" "$tools/sarif-schema-2.1.0.json"
  rm -rf "$crate"
fi
if [ ! -x "$tools/jest/node_modules/.bin/jest" ]; then
  npm install --silent --no-audit --no-fund --no-save --prefix "$tools/jest" jest@30.2.0 >&2
fi
# Only the bench runs it, as what others would have reached for.
if [ ! -x "$tools/ajv-cli/node_modules/.bin/ajv" ]; then
  npm install --silent --no-audit --no-fund --no-save --prefix "$tools/ajv-cli" ajv-cli@5.0.0 >&2
fi
echo "$tools"

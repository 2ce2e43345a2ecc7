#!/usr/bin/env bash
# Holds the templates of deploy/ against cfn-lint (warnings count), which is installed once. Needs Python 3.9 or later.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
venv=$project/.real-servers/cfn-lint-1.58.0
if [ ! -x "$venv/bin/cfn-lint" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet cfn-lint==1.58.0
fi
"$venv/bin/cfn-lint" --non-zero-exit-code informational "$project"/deploy/*/template.yaml
echo 'templates: nothing to complain of'

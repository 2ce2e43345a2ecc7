#!/usr/bin/env bash
# Checks reports, schemas and CI recipes with the tools that read them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATEBAG_TEST_TOOLS=$("$here/install.sh")
export STATEBAG_TEST_TOOLS
cd "$here/../.."
npx vitest run --config vitest.real.config.ts test/real/tools

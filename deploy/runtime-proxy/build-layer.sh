#!/usr/bin/env bash
# Lays out the layer below DIRECTORY (default deploy/runtime-proxy/layer) and says how large it is: the wrapper, the proxy
# in one bundle, and Node for the target beside it. Needs npm; `npm run build` first. Usage: build-layer.sh [x64|arm64] [DIRECTORY]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
arch=${1:-x64}
layer=${2:-$here/layer}
node_version=${NODE_VERSION:-22.23.1}
esbuild_version=0.25.12

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$layer"
mkdir -p "$layer/statebag/bin" "$layer/statebag/proxy"

# The SDK stays a chunk of its own, loaded when the store is opened.
npm install --silent --no-audit --no-fund --no-save --prefix "$work" "esbuild@$esbuild_version" "node-linux-$arch@$node_version" --force
"$work/node_modules/.bin/esbuild" "$project/dist/src/runtime-proxy/bin.js" --bundle --splitting --minify --platform=node --target=node20 --format=esm \
  --outdir="$layer/statebag/proxy" --entry-names=runtime-proxy --chunk-names='[name]-[hash]' --out-extension:.js=.mjs --log-level=warning \
  --banner:js='import { createRequire as statebagRequire } from "node:module"; const require = statebagRequire(import.meta.url);'
cp "$work/node_modules/node-linux-$arch/bin/node" "$layer/statebag/bin/node"
cp "$here/wrapper" "$layer/statebag/wrapper"
strip --strip-unneeded "$layer/statebag/bin/node" 2>/dev/null || true

size() { du -sb "$1" | awk '{ printf "%.1f MB", $1 / 1000000 }'; }
(cd "$layer" && tar -czf "$work/layer.tgz" statebag)
echo "proxy $(size "$layer/statebag/proxy"), Node $(size "$layer/statebag/bin/node"), layer $(size "$layer/statebag"), compressed $(size "$work/layer.tgz")"

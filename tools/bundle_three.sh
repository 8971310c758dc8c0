#!/bin/sh
# Bundle what the web page uses of three.js into llm_scene/output/page/vendor. Needs npm.
set -eu
VERSION=0.187.0 ESBUILD=0.25.12
root=$(cd "$(dirname "$0")/.." && pwd)
vendor=$root/llm_scene/output/page/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$root/tools/page/three.js" "$work/entry.js"
cd "$work"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund "three@$VERSION" "esbuild@$ESBUILD"
npx esbuild entry.js --bundle --minify --format=esm --target=es2022 --legal-comments=none --outfile="$vendor/three.min.js"
{ echo "three.js $VERSION (https://www.npmjs.com/package/three), bundled by tools/bundle_three.sh"; echo; cat node_modules/three/LICENSE; } > "$vendor/LICENSE.txt"

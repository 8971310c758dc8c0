#!/bin/sh
# Bundle what the web page uses of three.js into llm_scene/output/page/vendor. Needs npm.
set -eu
cd "$(dirname "$0")/page"
vendor=../../llm_scene/output/page/vendor
npm ci --silent --no-audit --no-fund
npx esbuild three.js --bundle --minify --format=esm --target=es2022 --legal-comments=none --outfile="$vendor/three.min.js"
version=$(node -p 'require("./node_modules/three/package.json").version')
{ echo "three.js $version (https://www.npmjs.com/package/three), bundled by tools/bundle_three.sh"; echo; cat node_modules/three/LICENSE; } > "$vendor/LICENSE.txt"

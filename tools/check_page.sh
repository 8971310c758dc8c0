#!/bin/sh
# Check the types of the web page's JavaScript. Needs npm, which brings TypeScript; says so and passes where it cannot.
set -eu
cd "$(dirname "$0")/page"
skip() { echo "The types of the page's JavaScript are not checked: $1."; exit 0; }
command -v npm >/dev/null || skip "npm is not installed"
if ! cmp -s package-lock.json node_modules/.ours; then
    npm ci --silent --no-audit --no-fund || skip "npm could not fetch TypeScript"
    cp package-lock.json node_modules/.ours
fi
npx --no-install tsc

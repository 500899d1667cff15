#!/usr/bin/env bash
# Installs what this checkout needs to run, without what only its development needs.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
cd "$root"

echo "::group::Install Millrace"
npm ci --omit=dev --no-audit --no-fund
bin="$RUNNER_TEMP/millrace-bin"
mkdir -p "$bin"

# The runner's own Node may be older than what is needed.
node="$(command -v node)"
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 18) ? 0 : 1)'; then
  version=$(node -p 'require("./package.json").devDependencies.node')
  npm install --no-audit --no-fund --prefix "$RUNNER_TEMP/millrace-node" "node@$version"
  node="$RUNNER_TEMP/millrace-node/node_modules/node/bin/node"
fi

wanted=()
for driver in $DRIVERS; do
  version=$(DRIVER="$driver" node -p 'require("./packages/connectors/package.json").peerDependencies[process.env.DRIVER] ?? ""')
  if [ -z "$version" ]; then
    echo "::error::\"$driver\" is no driver of a connector. docs/connectors.md names those of each connector."
    exit 1
  fi
  wanted+=("$driver@$version")
done
if [ "${#wanted[@]}" -gt 0 ]; then
  npm install --no-save --omit=dev --no-audit --no-fund "${wanted[@]}"
fi

printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node" "$root/packages/cli/bin/millrace.js" >"$bin/millrace"
chmod +x "$bin/millrace"
echo "$bin" >>"$GITHUB_PATH"
"$bin/millrace" --version
echo "::endgroup::"

#!/usr/bin/env bash
# A new board port from this template, without cargo-generate:
#
#   ports/template/new.sh NAME FOLDER [WORKSPACE]
#
# NAME: name of the package, such as my-board. FOLDER: must not exist yet. WORKSPACE: folder of the SmartEVSE workspace as
# the new port sees it, default ../.. (for a FOLDER inside ports/).
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,7p' "${BASH_SOURCE[0]}" >&2; exit 2; }
name=$1 folder=$2 workspace=${3:-../..}
template=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ $name =~ ^[a-z][a-z0-9_-]*$ ]] || { echo "a package cannot be called $name" >&2; exit 1; }
[ ! -e "$folder" ] || { echo "$folder is there already" >&2; exit 1; }

mkdir -p "$folder"
cp -R "$template/." "$folder/"
rm -rf "$folder/new.sh" "$folder/cargo-generate.toml" "$folder/target"
find "$folder" -type f -exec sed -i \
  -e "s|{{project-name}}|$name|g" -e "s|{{crate_name}}|${name//-/_}|g" -e "s|{{workspace}}|$workspace|g" {} +
if grep -rn '{{' "$folder" --include='*.toml' --include='*.md' --include='*.rs'; then
  echo "a placeholder is left" >&2
  exit 1
fi
echo "$folder: $name. Next: docs/porting.md of the workspace, step 2."

#!/bin/sh
# Checks the types of the ESP32 port and runs clippy over it, without the Espressif toolchain.
#
# The upstream compiler knows Xtensa but can neither generate code for it nor link it, and rejects its inline assembly.
# A proxy target helps: the built-in loongarch32-unknown-none, whose assembly operands fit, under the name and with the
# `target_arch` of the ESP32. Exit: 0 = clean, 77 = SKIPPED (the reason is printed), anything else = an error.
set -eu
cd "$(dirname "$0")"

PINNED="1.97.0-nightly (e50aa6fba 2026-05-19)"
TOOLCHAIN=${XTENSA_CHECK_TOOLCHAIN:-nightly}

skip() {
    echo "SKIPPED: $1"
    exit 77
}

command -v rustup >/dev/null || skip "rustup is not installed"
VERSION=$(rustc "+$TOOLCHAIN" -V 2>/dev/null) || skip "no toolchain $TOOLCHAIN (rustup toolchain install $TOOLCHAIN --component rust-src,clippy)"
SYSROOT=$(rustc "+$TOOLCHAIN" --print sysroot)
test -d "$SYSROOT/lib/rustlib/src/rust/library" || skip "rust-src is missing (rustup component add rust-src --toolchain $TOOLCHAIN)"
cargo "+$TOOLCHAIN" clippy -V >/dev/null 2>&1 || skip "clippy is missing (rustup component add clippy --toolchain $TOOLCHAIN)"
[ "$VERSION" = "rustc $PINNED" ] || echo "note: $VERSION; the check is known to work with rustc $PINNED"

OUT=${CARGO_TARGET_DIR:-target}/xtensa-check
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
SPEC=$OUT/xtensa-esp32-none-elf.json
rustc "+$TOOLCHAIN" -Zunstable-options --print target-spec-json --target loongarch32-unknown-none |
    python3 -c '
import json, sys
spec = json.load(sys.stdin)
spec.pop("metadata", None)
spec.update({"vendor": "espressif", "max-atomic-width": 32})
json.dump(spec, sys.stdout, indent=2)' >"$SPEC"

export CARGO_TARGET_DIR="$OUT"
export RUSTFLAGS='-Zno-codegen -A explicit_builtin_cfgs_in_flags --cfg target_arch="xtensa"'
ARGS="-Zjson-target-spec -Zbuild-std=core,alloc --target $SPEC --features esp32 --bins --lib"

echo "check: $VERSION"
# shellcheck disable=SC2086
cargo "+$TOOLCHAIN" check --quiet $ARGS
# shellcheck disable=SC2086
cargo "+$TOOLCHAIN" clippy --quiet $ARGS -- -D warnings -A explicit_builtin_cfgs_in_flags

cat <<'LIMITS'
The ESP32 port is type-correct and clean in clippy.
Limits: no code was generated, assembly was not assembled, nothing was linked, sizes are unknown, and nothing ran.
A flashable image needs the Espressif toolchain: espup install, then
cargo +esp build --release -Zbuild-std=core,alloc --target xtensa-esp32-none-elf --features esp32
LIMITS

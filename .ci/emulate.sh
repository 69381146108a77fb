#!/usr/bin/env bash
# The STM32 firmware in an emulated MCU against the simulated car: builds both, plays the scenarios of tools/emulator.
#
#   .ci/emulate.sh               everything
#   .ci/emulate.sh SCENARIO...   only these
#
# FIRMWARE=file.elf takes a firmware that is there instead of building it. Exit status: 0 all scenarios passed, 77 it
# cannot run on this machine (`SKIPPED: reason`), anything else is a failure.
set -euo pipefail
exec </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT="$PWD"

TARGETS="${CARGO_TARGET_DIR:-$ROOT/target}"
export CARGO_TERM_COLOR=never CARGO_NET_RETRY=5

PORT=ports/stm32-breakout
CHIP=stm32f427vg
ARCHITECTURE=thumbv7em-none-eabihf
NIGHTLY="${NIGHTLY:-nightly}"

CANNOT_RUN=77
skip() { echo "SKIPPED: $*"; exit "$CANNOT_RUN"; }

emulator() { (cd tools/emulator && CARGO_TARGET_DIR="$TARGETS/emulator" cargo "+$NIGHTLY" "$@"); }

took() { echo "--- $1: $((SECONDS - $2)) s"; }

prepare() {
  command -v rustup >/dev/null || skip "no rustup, so no nightly compiler"
  rustup run "$NIGHTLY" rustc --version 2>/dev/null || skip "no $NIGHTLY compiler; the emulator needs one"
  emulator fetch -q || skip "the crates of the emulator cannot be had"
  git diff --quiet -- tools/emulator/Cargo.lock || { echo "tools/emulator/Cargo.lock is out of date"; exit 1; }
}

build_firmware() {
  local begin=$SECONDS
  [ -f "$PORT/Cargo.toml" ] || skip "no firmware in $PORT"
  rustup target list --installed | grep -qx "$ARCHITECTURE" || rustup target add "$ARCHITECTURE" \
    || skip "no target $ARCHITECTURE"
  (cd "$PORT" && CARGO_TARGET_DIR="$TARGETS/stm32" cargo build -q --locked --release --target "$ARCHITECTURE" \
    --no-default-features --features "$CHIP" --bin firmware)
  FIRMWARE="$TARGETS/stm32/$ARCHITECTURE/release/firmware"
  took "firmware for $CHIP built" "$begin"
}

# The compiler is older than the one that the emulator crate asks for, which it does not need.
build_emulator() {
  local begin=$SECONDS
  emulator test -q --locked --release --ignore-rust-version
  emulator build -q --locked --release --ignore-rust-version
  took "emulator built and tested" "$begin"
}

play() {
  local begin=$SECONDS
  "$TARGETS/emulator/release/smartevse-emulator" "$FIRMWARE" "$@"
  took "scenarios" "$begin"
}

prepare
[ -n "${FIRMWARE:-}" ] || build_firmware
build_emulator
play "$@"

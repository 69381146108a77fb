#!/usr/bin/env bash
# The libraries on emulated processors, and the template for new boards.
#
#   .ci/on_target.sh             all of it
#   .ci/on_target.sh vectors     the conformance vectors on a Cortex-M4 and on RISC-V
#   .ci/on_target.sh station     the small port ports/qemu with its scripted vehicle on both; its host tests
#   .ci/on_target.sh template    makes a port from ports/template, tests it, builds it for the Cortex-M4
#
# Needs the Debian packages qemu-system-arm and qemu-system-misc. Exit status 77: cannot run here. With one of the two
# emulators only that half runs, and the other is named as skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$ROOT/target}" CARGO_TERM_COLOR=never

ARM=thumbv7em-none-eabihf
RISCV=riscv32imac-unknown-none-elf
QEMU_ARM=(qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none
  -semihosting-config "enable=on,target=native" -kernel)
QEMU_RISCV=(qemu-system-riscv32 -M virt -bios none -nographic -monitor none -serial stdio -kernel)

skip() { echo "SKIPPED: $*"; }

# Whether a target can be built and run; says why not.
can_run() { # emulator target
  command -v "$1" >/dev/null || { skip "on target, $2: no $1 here"; return 1; }
  rustup target list --installed | grep -qx "$2" || { skip "on target, $2: the target is not installed"; return 1; }
}

run_one() { # program target emulator...
  local program=$1 target=$2
  shift 2
  (cd ports/qemu && cargo build --locked -q --release --target "$target" --bin "$program")
  echo "--- $program on $target"
  timeout 120 "$@" "$CARGO_TARGET_DIR/$target/release/$program" </dev/null
}

on_both() { # program
  local ran=0
  if can_run qemu-system-arm "$ARM"; then run_one "$1" "$ARM" "${QEMU_ARM[@]}"; ran=1; fi
  if can_run qemu-system-riscv32 "$RISCV"; then run_one "$1" "$RISCV" "${QEMU_RISCV[@]}"; ran=1; fi
  [ "$ran" = 1 ] || exit 77
}

part_vectors() { on_both vectors; }

part_station() {
  (cd ports/qemu && cargo fmt --check && cargo test --locked -q --lib)
  on_both station
}

# The new port lies outside the repository, so that nothing of it can stay behind.
part_template() {
  local place
  place=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$place'" EXIT
  ports/template/new.sh demo-board "$place/demo-board" "$ROOT"
  cd "$place/demo-board"
  cargo fmt --check
  cargo test -q --lib
  cargo build -q --release --target "$ARM"
  echo "a port from the template: $(python3 "$ROOT/tools/footprint/elf.py" "$CARGO_TARGET_DIR/$ARM/release/firmware" | tr '\n' ' ')bytes"
}

# Each part in a shell of its own: a part that cannot run does not keep the next from running.
main() {
  local part status ran=0
  for part in station vectors template; do
    status=0
    bash "$ROOT/.ci/on_target.sh" "$part" || status=$?
    case $status in 0) ran=1 ;; 77) ;; *) exit "$status" ;; esac
  done
  [ "$ran" = 1 ] || exit 77
}

case "${1:-}" in
  "") main ;;
  vectors | station | template) CARGO_TARGET_DIR+=/on_target && "part_$1" ;;
  *) sed -n '2,11p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

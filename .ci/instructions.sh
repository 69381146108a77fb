#!/usr/bin/env bash
# How fast: instructions of the calls that matter, compared with .ci/instructions.tsv.
#
#   .ci/instructions.sh           measures and compares (± 5 %)
#   .ci/instructions.sh --update  measures and writes the new figures
#
# The program tools/footprint/src/bin/speed.rs runs on an emulated Cortex-M4 (QEMU, board mps2-an386) and on an emulated
# RISC-V (QEMU, machine virt). QEMU gives each instruction the same time (-icount), so SysTick and minstret count
# instructions exactly and the figures are the same on every machine. They are instructions of the real target, not
# cycles: a Cortex-M4 needs about 1.2 to 1.6 cycles for each, depending on branches, loads and flash wait states. Third
# column: bytes of stack of the call; "Control path" has the stack of everything that runs in one turn of the 10 ms loop.
#
# Exit status 77: cannot run here. Without qemu-system-riscv32 only the rows of the Cortex-M4 are measured.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/footprint" CARGO_TERM_COLOR=never

ARM=thumbv7em-none-eabihf
RISCV=riscv32imac-unknown-none-elf
PREFIX="riscv32imac: "
BASELINE=.ci/instructions.tsv
QEMU=(-nographic -monitor none)
QEMU_ARM=(qemu-system-arm -M mps2-an386 "${QEMU[@]}" -serial none
  -icount "shift=10,align=off,sleep=off" -semihosting-config "enable=on,target=native")
QEMU_RISCV=(qemu-system-riscv32 -M virt -bios none "${QEMU[@]}" -serial stdio
  -icount "shift=0,align=off,sleep=off")

command -v qemu-system-arm >/dev/null || { echo "SKIPPED: instruction counts: no qemu-system-arm here"; exit 77; }

has_riscv() { command -v qemu-system-riscv32 >/dev/null && rustup target list --installed | grep -qx "$RISCV"; }

run() { # target emulator...
  local target=$1
  shift
  (cd tools/footprint && cargo build -q --release --target "$target" --features speed,trace --bin speed)
  # The emulator of the Cortex-M4 writes what the program prints to standard error.
  timeout 120 "$@" -kernel "$CARGO_TARGET_DIR/$target/release/speed" </dev/null 2>&1
}

measure() {
  run "$ARM" "${QEMU_ARM[@]}"
  if has_riscv; then run "$RISCV" "${QEMU_RISCV[@]}" | sed "s/^/$PREFIX/"; fi
}

# The figures to compare with, or to keep: all, or without those that cannot be measured here.
baseline() { if has_riscv; then cat "$BASELINE"; else grep -v "^$PREFIX" "$BASELINE"; fi; }

# Budgets at 64 MHz, in instructions: Charger::poll 100 µs (1 % of its period), a planning cycle 1 ms, both with sampling
# and driving 1.1 ms, a critical section 10 µs.
compare() { # baseline measured
  awk -F '\t' -v prefix="$PREFIX" '
    function fail(text) { print "FAILED: " $1 ": " text; failed = 1 }
    function atMost(pattern, limit) { if (name ~ pattern && $2 > limit) fail($2 " instructions are more than " limit) }
    function longest(machine, count) { if (count) print "Longest critical section, " machine ": " count " instructions, " count / 64 " µs at 64 MHz" }
    NR == FNR { old[$1] = $2; next }
    FNR == 1 { print "| Call | Instructions | Before | Stack in bytes |"; print "|---|---|---|---|" }
    { seen[$1] = 1; print "| " $1 " | " $2 " | " (($1 in old) ? old[$1] : "new") " | " $3 " |"; line[FNR] = $0 }
    END {
      for (number = 1; number in line; number++) {
        $0 = line[number]
        name = $1
        machine = sub("^" prefix, "", name) ? "riscv32imac" : "thumbv7em"
        if (name ~ /^(Shared|Slot)::/ && $2 > section[machine]) section[machine] = $2
        atMost("^Charger::poll", 6400)
        atMost("^Manager::poll", 64000)
        atMost("^Control path", 70400)
        atMost("^(Shared|Slot)::", 640)
        if (!($1 in old)) { fail("not in the baseline (--update)"); continue }
        if (name ~ /^check: /) { if ($2 != old[$1]) fail($2 " instead of " old[$1]); continue }
        change = $2 - old[$1]
        if (change * change > (old[$1] * 0.05) ^ 2 && change * change > 100)
          fail("changed from " old[$1] " to " $2 ", more than 5 % (--update if that is meant)")
      }
      for (name in old) if (!(name in seen)) { $1 = name; fail("was not measured") }
      print ""
      longest("thumbv7em", section["thumbv7em"])
      longest("riscv32imac", section["riscv32imac"])
      exit failed
    }' "$1" "$2"
}

measured=$(mktemp) known=$(mktemp)
trap 'rm -f "$measured" "$known"' EXIT
measure >"$measured"
[ -s "$measured" ] || { echo "FAILED: the program printed nothing"; exit 1; }
if [ "${1:-}" = --update ]; then
  has_riscv || grep "^$PREFIX" "$BASELINE" >"$known" || true
  cat "$measured" "$known" >"$BASELINE"
fi
baseline >"$known"
has_riscv || echo "SKIPPED: instruction counts of RISC-V: no qemu-system-riscv32 or no target $RISCV here"
compare "$known" "$measured"

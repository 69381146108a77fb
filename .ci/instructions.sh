#!/usr/bin/env bash
# How fast: instructions of the calls that matter, compared with .ci/instructions.tsv.
#
#   .ci/instructions.sh           measures and compares (± 5 %)
#   .ci/instructions.sh --update  measures and writes the new figures
#
# The program tools/footprint/src/bin/speed.rs runs on an emulated Cortex-M4 (QEMU, board mps2-an386). QEMU gives each
# instruction the same time (-icount), so SysTick counts instructions exactly and the figures are the same on every
# machine. They are instructions of the real target, not cycles: a Cortex-M4 needs about 1.2 to 1.6 cycles for each,
# depending on branches, loads and flash wait states. Third column: bytes of stack of the call.
#
# Exit status 77: cannot run here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/footprint" CARGO_TERM_COLOR=never

TARGET=thumbv7em-none-eabihf
BASELINE=.ci/instructions.tsv
QEMU=(qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none
  -icount "shift=10,align=off,sleep=off" -semihosting-config "enable=on,target=native")

command -v qemu-system-arm >/dev/null || { echo "SKIPPED: instruction counts: no qemu-system-arm here"; exit 77; }

measure() {
  (cd tools/footprint && cargo build -q --release --target "$TARGET" --features speed --bin speed)
  # The emulator writes what the program prints to standard error.
  timeout 120 "${QEMU[@]}" -kernel "$CARGO_TARGET_DIR/$TARGET/release/speed" </dev/null 2>&1
}

# Budgets: Charger::poll 100 µs at 64 MHz, and a planning cycle 1 ms, both in instructions.
compare() { # baseline measured
  awk -F '\t' '
    function fail(text) { print "FAILED: " $1 ": " text; failed = 1 }
    NR == FNR { old[$1] = $2; next }
    FNR == 1 { print "| Call | Instructions | Before | Stack in bytes |"; print "|---|---|---|---|" }
    { seen[$1] = 1; print "| " $1 " | " $2 " | " (($1 in old) ? old[$1] : "new") " | " $3 " |"; line[FNR] = $0 }
    END {
      for (number = 1; number in line; number++) {
        $0 = line[number]
        if (!($1 in old)) { fail("not in the baseline (--update)"); continue }
        if ($1 ~ /^check: /) { if ($2 != old[$1]) fail($2 " instead of " old[$1]); continue }
        change = $2 - old[$1]
        if (change * change > (old[$1] * 0.05) ^ 2 && change * change > 100)
          fail("changed from " old[$1] " to " $2 ", more than 5 % (--update if that is meant)")
        if ($1 ~ /^Charger::poll/ && $2 > 6400) fail($2 " instructions are more than 6400")
        if ($1 ~ /^Manager::poll/ && $2 > 64000) fail($2 " instructions are more than 64000")
      }
      for (name in old) if (!(name in seen)) { $1 = name; fail("was not measured") }
      exit failed
    }' "$1" "$2"
}

measured=$(mktemp)
trap 'rm -f "$measured"' EXIT
measure >"$measured"
[ -s "$measured" ] || { echo "FAILED: the program printed nothing"; exit 1; }
if [ "${1:-}" = --update ]; then cp "$measured" "$BASELINE"; chmod 644 "$BASELINE"; fi
compare "$BASELINE" "$measured"

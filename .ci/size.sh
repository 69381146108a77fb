#!/usr/bin/env bash
# No panic, and how large: links tools/footprint for three bare targets.
#
#   .ci/size.sh              proves, prints Markdown tables, checks the budgets
#   .ci/size.sh --where BIN  names the places from which a program that does not link can panic (thumbv7em)
#
# The proof: the panic handler of these programs calls a function that does not exist, so a program links only if the
# optimiser removed every panic. `canary` can panic and must not link. The async adapter is the one exception: each
# `async fn` contains a panic for a caller that polls it after its end; `tasks` must contain that one and no other.
#
# The size: flash (.text, .rodata, .data) of a program that calls every entry point of a library, minus an empty one;
# opt-level "s", fat LTO, one codegen unit, panic = abort. The code that makes the calls is counted as well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/footprint" CARGO_TERM_COLOR=never

TARGETS=(thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf)
MAIN=thumbv7em-none-eabihf
PROVEN=(types core share meters libraries firmware complete port station menu text)
FLASH_BUDGET=$((96 * 1024))
# The budget is that of the libraries in a firmware of the porting guide: the program `firmware`. All public functions
# together, called with values that nobody knows, are more than any firmware links: meters of all kinds, both
# sides of a group, records, adapters for three kinds of boards. They have a limit of their own, so that they do not grow
# unseen.
EVERYTHING=174500
RAM_BUDGET=$((16 * 1024))
# What is above its budget is kept where it is: nothing may grow unseen.
FLASH_KEPT=115000
ALONE_KEPT=95000
RAM_KEPT=17700
COMPLETE_KEPT=165000
FOOTPRINT=tools/footprint

build() { # target features bin...
  local target=$1 features=$2 bins=() bin
  shift 2
  for bin in "$@"; do bins+=(--bin "$bin"); done
  (cd "$FOOTPRINT" && cargo build -q --release --keep-going --target "$target" --features "$features" "${bins[@]}" 2>&1)
}

program() { echo "$CARGO_TARGET_DIR/$1/release/$2"; }

# Calls of panicking functions in the assembly of a program: one line each, the function that is called.
panics() { # bin
  local assembly="$CARGO_TARGET_DIR/$1.s"
  (cd "$FOOTPRINT" && cargo rustc -q --release --target "$MAIN" --features trace,menu --bin "$1" -- --emit "asm=$assembly")
  grep -E '^\s+b(l|lx|\.w)?\s+\S*(panicking|unwrap_failed|expect_failed)' "$assembly" | awk '{ print $2 }' || true
}

where() {
  local disassembler
  disassembler=$(command -v llvm-objdump) || { echo "llvm-objdump is missing (package llvm)" >&2; exit 1; }
  build "$MAIN" trace "$1"
  "$disassembler" -d -C --line-numbers --no-show-raw-insn "$(program "$MAIN" "$1")" | awk '
    /^; .*:[0-9]+$/ { line = $2 }
    /\tb.*(panicking|_fail(ed)?>)/ { print line ": " $0 }'
}

# Every public function is among the calls of the programs.
prove_reach() {
  local bin programs=()
  for bin in "${PROVEN[@]}" tasks oracle face; do programs+=("$(program "$MAIN" "$bin")"); done
  build "$MAIN" trace,menu tasks || return 1
  python3 .ci/reach.py "${programs[@]}" || { echo "FAILED: the programs do not reach every public function"; return 1; }
}

prove() {
  local target bin log failed=0
  for target in "${TARGETS[@]}"; do
    rm -f "${PROVEN[@]/#/$CARGO_TARGET_DIR/$target/release/}"
    log=$(build "$target" "" empty sizes "${PROVEN[@]}") || true
    [ -f "$(program "$target" empty)" ] || { echo "$log"; return 1; }
    for bin in "${PROVEN[@]}"; do
      [ -f "$(program "$target" "$bin")" ] && continue
      grep -q a_panic_is_reachable <<<"$log" || echo "$log"
      echo "FAILED: $bin for $target does not link: a panic is reachable (.ci/size.sh --where $bin)"
      failed=1
    done
  done
  if log=$(build "$MAIN" oracle oracle); then :; else echo "FAILED: oracle does not link: $log"; failed=1; fi
  if log=$(build "$MAIN" menu face); then :; else echo "FAILED: face does not link: $log"; failed=1; fi
  if log=$(build "$MAIN" "" canary); then
    echo "FAILED: the canary links, so the proof of the others is worth nothing"
    failed=1
  elif ! grep -q a_panic_is_reachable <<<"$log"; then
    echo "$log"
    failed=1
  fi
  log=$(panics tasks | sort | uniq -c)
  if [ "$(grep -vc async_fn_resumed <<<"$log")" != 1 ] || ! grep -Eq ' 1 \S*panic_fmt' <<<"$log"; then
    echo "FAILED: tasks can panic elsewhere than in an async fn that is polled after its end:"
    echo "$log"
    failed=1
  fi
  prove_reach || failed=1
  [ "$failed" = 0 ] && echo "No panic can be reached: ${PROVEN[*]} on ${TARGETS[*]}; oracle and face on $MAIN; canary refused."
  return "$failed"
}

figure() { # target bin name
  python3 "$FOOTPRINT/elf.py" "$(program "$1" "$2")" | awk -v name="$3" '$1 == name { print $2 }'
}

flash() { echo $(($(figure "$1" "$2" flash) - $(figure "$1" empty flash))); }

row() { # text bin
  local target cells=""
  for target in "${TARGETS[@]}"; do cells+=" $(flash "$target" "$2") |"; done
  echo "| $1 |$cells"
}

sizes_table() {
  echo "| Flash in bytes | ${TARGETS[0]} | ${TARGETS[1]} | ${TARGETS[2]} |"
  echo "|---|---|---|---|"
  row "\`smartevse-types\`" types
  row "\`smartevse-core\` with all adapters" core
  row "\`smartevse-share\`" share
  row "\`smartevse-meters\`" meters
  row "these four together" libraries
  row "\`smartevse\`: a charger with all it uses (station, meter line, adapters)" firmware
  row "the same with menu and display" complete
  row "\`smartevse\`: every entry point, with log and replay" station
  row "\`smartevse-menu\`: menu, screens and remote picture" menu
  row "texts (\`Display\`) of all" text
}

# The program `firmware` of a charger that cannot lead a group (without the feature `group`).
alone() {
  local folder="$CARGO_TARGET_DIR/alone"
  (cd "$FOOTPRINT" && cargo build -q --release --target "$MAIN" --target-dir "$folder" --no-default-features --bin firmware) || return 1
  echo $(($(python3 "$FOOTPRINT/elf.py" "$folder/$MAIN/release/firmware" | awk '$1 == "flash" { print $2 }') - $(figure "$MAIN" empty flash)))
}

states_table() {
  echo "| State | Bytes |"
  echo "|---|---|"
  python3 "$FOOTPRINT/elf.py" "$(program "$MAIN" sizes)" | awk '$1 != "flash" && $1 != "ram" { print "| `" tolower($1) "` | " $2 " |" }' | sort
}

state() { figure "$MAIN" sizes "$1"; }

# One charger: the station, one line with two meters, two feeds, the two values that the contexts share, and the
# deepest stack that .ci/instructions.sh measured.
ram() {
  local stack
  stack=$(awk -F '\t' '$3 > deepest { deepest = $3 } END { print deepest + 0 }' .ci/instructions.tsv)
  echo $(($(figure "$MAIN" firmware ram) + $(state STATION) + $(state METER_LINE) + 2 * $(state FEED) \
    + $(state SHARED_DIRECTIVE) + $(state SHARED_STATUS) + stack))
}

within() { # name value budget
  if [ "$2" -le "$3" ]; then echo "$1: $2 of $3 bytes"; else echo "FAILED: $1: $2 bytes are more than $3"; return 1; fi
}

goal() { # name value budget kept
  if [ "$2" -gt "$3" ] && [ "$2" -le "$4" ]; then echo "NOT MET: $1: $2 of $3 bytes; kept below $4"; else within "$1" "$2" "$3"; fi
}

main() {
  local failed=0
  prove || failed=1
  [ -f "$(program "$MAIN" firmware)" ] || exit 1
  echo; sizes_table
  echo; states_table
  echo
  within "Flash of every public function of types, core, share and meters ($MAIN)" "$(flash "$MAIN" libraries)" "$EVERYTHING" || failed=1
  goal "Flash of a charger ($MAIN)" "$(flash "$MAIN" firmware)" "$FLASH_BUDGET" "$FLASH_KEPT" || failed=1
  within "Flash of a charger that leads no group ($MAIN)" "$(alone)" "$ALONE_KEPT" || failed=1
  goal "Flash of a charger with its menu ($MAIN)" "$(flash "$MAIN" complete)" "$FLASH_BUDGET" "$COMPLETE_KEPT" || failed=1
  goal "RAM of one charger, states and stack ($MAIN)" "$(ram)" "$RAM_BUDGET" "$RAM_KEPT" || failed=1
  exit "$failed"
}

case "${1:-}" in
  "") main ;;
  --where) where "${2:?the name of a program in $FOOTPRINT/src/bin}" ;;
  *) sed -n '2,6p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

#!/bin/sh
# Prints flash and RAM of the firmware for each chip, from the sections of the ELF files.
# Usage: ports/size.sh [chip...]   (default: all three chips of ports/stm32-breakout)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/stm32-breakout"
target=thumbv7em-none-eabihf
out=${CARGO_TARGET_DIR:-target}
[ $# -gt 0 ] || set -- stm32f411ce stm32f405rg stm32f427vg
echo "| Chip | Program | Flash, bytes | of | Static RAM, bytes | of |"
echo "|---|---|---|---|---|---|"
for chip in "$@"; do
    cargo build --quiet --release --target "$target" --no-default-features --features "$chip"
    for program in firmware bring_up; do
        python3 "$here/size.py" "$out/$target/release/$program" "memory/$chip.x" "$chip" "$program"
    done
done

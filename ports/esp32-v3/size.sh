#!/bin/sh
# Builds the firmware for the RISC-V variants and prints what it takes: one table row per chip.
#
# llvm-size counts the alignment dummies of ESP images; this sums the sections that are loaded.
# Exit: 0 = printed and inside the limits, 77 = SKIPPED (the reason is printed), anything else = an error.
set -eu
cd "$(dirname "$0")"

OUT=${CARGO_TARGET_DIR:-target}
# Size of an application slot of the stock partition table.
SLOT=1769472

row() {
    rustup target list --installed | grep -qx "$2" || {
        echo "SKIPPED: target $2 is not installed (rustup target add $2)"
        exit 77
    }
    cargo build --quiet --release --target "$2" --features "$1" --bin firmware
    python3 - "$OUT/$2/release/firmware" "$1" "$SLOT" <<'PYTHON'
import struct, sys

path, chip, slot = sys.argv[1], sys.argv[2], int(sys.argv[3])
image = open(path, "rb").read()
header = struct.unpack_from("<16xHHIIIIIHHHHHH", image)
start, (size, count, names) = header[5], header[10:13]
rows = [struct.unpack_from("<10I", image, start + size * i) for i in range(count)]
base = rows[names][4]
total = dict.fromkeys(("text", "rodata", "iram", "data", "bss"), 0)
for name, kind, flags, _, _, length, *_ in rows:
    name = image[base + name:image.index(b"\0", base + name)].decode()
    if not flags & 2 or any(word in name for word in ("dummy", "gap", "stack")):
        continue
    if kind == 8:
        place = "bss"
    elif name.startswith((".rwtext", ".trap", ".vectors")):
        place = "iram"
    elif flags & 4:
        place = "text"
    elif flags & 1 and "rodata" not in name:
        place = "data"
    else:
        place = "rodata"
    total[place] += length
flash = sum(total.values()) - total["bss"]
ram = total["iram"] + total["data"] + total["bss"]
print(f"| {chip} |", *(f"{value} |" for value in total.values()), f"{flash} |", f"{ram} |")
sys.exit(f"{chip} does not fit into a slot of {slot} bytes" if flash > slot else 0)
PYTHON
}

echo "| Chip | .text | .rodata | IRAM text | .data | .bss | flash | static RAM |"
echo "|---|---|---|---|---|---|---|---|"
row esp32c3 riscv32imc-unknown-none-elf
row esp32c6 riscv32imac-unknown-none-elf

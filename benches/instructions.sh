#!/usr/bin/env bash
# Instructions that one member executes for one picture of 224 pixels, counted by Valgrind: the same number for the same
# build whatever else the machine does, so that a regression shows on a noisy one.
#
#     cargo build --release -p grader --example engine && benches/instructions.sh
#
# Valgrind knows no AVX-512, so it counts the AVX2 kernels, on one thread.
set -euo pipefail
cd "$(dirname "$0")/.."
engine="${ENGINE:-${CARGO_TARGET_DIR:-target}/release/examples/engine}"
[ -x "$engine" ] || { echo "no engine at $engine: build it with cargo build --release -p grader --example engine" >&2; exit 2; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -c 'import array, sys; array.array("f", (((i * 2654435761) >> 7 & 1023) / 512 - 1 for i in range(3 * 224 * 224))).tofile(sys.stdout.buffer)' >"$folder/picture.f32"

# All instructions of the program for some orders, in millions.
total() {
    printf '%s\n' "$@" | FUNDOSCOPE_INSTRUCTIONS=avx2 RAYON_NUM_THREADS=1 valgrind --tool=callgrind \
        --callgrind-out-file="$folder/counts" \
        "$engine" models/member-0-*.safetensors 224 "$folder/picture.f32" >"$folder/answer" 2>"$folder/log"
    grep -q avx2 "$folder/answer"
    awk '/Collected/ { printf "%d", $NF / 1e6 }' "$folder/log"
}
# The first order of each kind also prepares what later ones find ready.
for order in forward gradient; do
    once="$(total "$order")"
    twice="$(total "$order" "$order")"
    echo "$order $((twice - once)) million instructions"
done

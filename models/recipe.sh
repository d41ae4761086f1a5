#!/usr/bin/env bash
# How the model in this folder was made, from graded photographs to the bundle:
#
#     models/recipe.sh PHOTOGRAPHS OUT
#
# PHOTOGRAPHS is a folder with manifest.csv; its sub-folders odir and unam hold photographs without retinopathy of other
# cameras, idrid photographs with masks of their lesions. `FUNDOSCOPE` names the program (built with `--features tch`), `DEVICE`
# what computes. Each step goes on where it was stopped when the recipe is started again. `REHEARSAL=1` takes the same steps with
# few pictures, small inputs and one epoch each, to see in minutes that everything is in place; what comes out of it is worth
# nothing.
set -euo pipefail
photographs="${1:?give the folder of the photographs}"
out="${2:?give a folder for the bundle and what leads to it}"
program="${FUNDOSCOPE:-fundoscope}"
device="${DEVICE:-libtorch:cuda}"
precision=full
case "$device" in libtorch*) precision=mixed ;; esac
mkdir -p "$out"

# The first value, or in a rehearsal the second.
value() { if [ -z "${REHEARSAL:-}" ]; then echo "$1"; else echo "$2"; fi; }

train() {
    local folder="$1"
    shift
    local resume=()
    [ ! -d "$folder/.checkpoints" ] || resume=(--resume)
    "$program" --device "$device" train --data "$photographs" --out "$folder" --members 1 --image-size "$(value 512 128)" \
        --oversampling 1 --batch-size "$(value 32 4)" --learning-rate 0.0005 --select loss \
        --augmentation cameras --precision "$precision" "${resume[@]}" "$@"
}

# Lesions first, most of them painted on photographs without retinopathy; then the first member learns grades.
train "$out/first" --healthy "$photographs/odir" "$photographs/unam" --lesion-masks "$photographs/idrid" \
    --lesion-pictures "$(value 14000 16)" --weight-average 0.99 --epochs "$(value 14 1)"

# From the same lesions a network that sees no severe and no proliferative retinopathy, for what it says about them; ...
train "$out/without-3-4" --init "$out/first/.checkpoints/lesions.safetensors" --leave-out-grades 3,4 --frozen-stages 2 \
    --weight-average 0.99 --epochs "$(value 8 1)"

# ... its last group of blocks then learns all grades: the second member.
train "$out/second" --init "$(echo "$out"/without-3-4/member-0-*.safetensors)" --frozen-stages 4 \
    --weight-average 0.98 --epochs "$(value 2 1)"

# Another from the lesions, with other draws: the third member.
train "$out/third" --seed 3 --init "$out/first/.checkpoints/lesions.safetensors" --frozen-stages 2 \
    --weight-average 0.99 --epochs "$(value 7 1)"

"$program" bundle merge "$out/first" "$out/second" "$out/third" --data "$photographs" --split val --out "$out/bundle"

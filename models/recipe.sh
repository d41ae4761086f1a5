#!/usr/bin/env bash
# How the model in this folder was made, from graded photographs to the bundle:
#
#     models/recipe.sh PHOTOGRAPHS OUT
#
# PHOTOGRAPHS is a folder with manifest.csv; its sub-folders odir and unam hold photographs without retinopathy of other
# cameras. `FUNDOSCOPE` names the program (built with `--features tch`), `DEVICE` what computes. Each step goes on where it
# was stopped when the recipe is started again. `REHEARSAL=1` takes the same steps with few pictures, small inputs and one
# epoch each, to see in minutes that everything is in place; what comes out of it is worth nothing.
set -euo pipefail
photographs="${1:?give the folder of the photographs}"
out="${2:?give a folder for the bundle and what leads to it}"
program="${FUNDOSCOPE:-fundoscope}"
device="${DEVICE:-libtorch}"
precision=mixed
[ "$device" = libtorch ] || precision=full
mkdir -p "$out"

# The first value, or in a rehearsal the second.
value() { if [ -z "${REHEARSAL:-}" ]; then echo "$1"; else echo "$2"; fi; }

small="$(value 224 32)"
large="$(value 320 64)"
batch="$(value 32 4)"

train() {
    local folder="$1"
    shift
    local resume=()
    [ ! -d "$folder/.checkpoints" ] || resume=(--resume)
    "$program" --device "$device" train --data "$photographs" --out "$folder" --oversampling 2 --reduction extreme \
        --batch-size "$batch" "${resume[@]}" "$@"
}

# Lesions first, painted on photographs without retinopathy; then two members learn grades, at 224 pixels.
train "$out/second" --healthy "$photographs/odir" "$photographs/unam" --lesion-pictures "$(value 10000 16)" --members 2 \
    --epochs "$(value 6 1)" --image-size "$small" --learning-rate 0.0005 --select kappa-and-auc

# The same two at 320 pixels.
train "$out/third" --init "$out/second" --members 2 --epochs "$(value 8 1)" --image-size "$large" --frozen-stages 2 \
    --learning-rate 0.0004 --select loss --augmentation cameras --precision "$precision"

# A third from the lesions alone, at 320 pixels.
train "$out/apart" --init "$out/second/.checkpoints/lesions.safetensors" --members 3 --member 3 \
    --epochs "$(value 12 1)" --image-size "$large" --frozen-stages 2 --learning-rate 0.0005 --select loss \
    --augmentation cameras --precision "$precision"

"$program" bundle merge "$out/third" "$out/apart" --data "$photographs" --split val --out "$out/bundle"

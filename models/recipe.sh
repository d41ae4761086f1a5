#!/usr/bin/env bash
# How the model in this folder was made, from graded photographs to the bundle:
#
#     models/recipe.sh PHOTOGRAPHS OUT
#
# PHOTOGRAPHS is a folder with manifest.csv; its sub-folders odir and unam hold photographs without retinopathy of other
# cameras. `FUNDOSCOPE` names the program (built with `--features tch`), `DEVICE` what computes. Each step goes on where it
# was stopped when the recipe is started again.
set -euo pipefail
photographs="${1:?give the folder of the photographs}"
out="${2:?give a folder for the bundle and what leads to it}"
program="${FUNDOSCOPE:-fundoscope}"
device="${DEVICE:-libtorch}"
precision=mixed
[ "$device" = libtorch ] || precision=full
mkdir -p "$out"

train() {
    local folder="$1"
    shift
    local resume=()
    [ ! -d "$folder/.checkpoints" ] || resume=(--resume)
    "$program" --device "$device" train --data "$photographs" --out "$folder" --oversampling 2 --reduction extreme \
        "${resume[@]}" "$@"
}

# Lesions first, painted on photographs without retinopathy; then two members learn grades, at 224 pixels.
train "$out/second" --healthy "$photographs/odir" "$photographs/unam" --lesion-pictures 10000 --members 2 --epochs 6 \
    --image-size 224 --learning-rate 0.0005 --select kappa-and-auc

# The same two at 320 pixels.
train "$out/third" --init "$out/second" --members 2 --epochs 8 --image-size 320 --frozen-stages 2 --learning-rate 0.0004 \
    --select loss --augmentation cameras --precision "$precision"

# A third from the lesions alone, at 320 pixels.
train "$out/apart" --init "$out/second/.checkpoints/lesions.safetensors" --members 3 --member 3 --epochs 12 \
    --image-size 320 --frozen-stages 2 --learning-rate 0.0005 --select loss --augmentation cameras \
    --precision "$precision"

"$program" bundle merge "$out/third" "$out/apart" --data "$photographs" --split val --out "$out/bundle"

#!/usr/bin/env bash
# How long a clinician waits, and how much memory it takes: one 12-megapixel photograph through HTTP, all members and
# four rotations, then every explanation. Prints seconds to the grade, seconds to the last explanation, and the peak
# resident memory of the server.
#
#     cargo build --release && benches/screening.sh [PHOTOGRAPH]
#
# Without a photograph it draws one. Needs curl, and Linux for the memory figure.
set -euo pipefail
cd "$(dirname "$0")/.."
program="${FUNDOSCOPE_BINARY:-${CARGO_TARGET_DIR:-target}/release/fundoscope}"
[ -x "$program" ] || { echo "no program at $program: build it with cargo build --release" >&2; exit 2; }

folder="$(mktemp -d)"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
photograph="${1:-}"
if [ -z "$photograph" ]; then
    photograph="$folder/retina.jpg"
    cargo run -q --release -p fundus --example draw_retina -- --out "$photograph" --width 4288 --height 2848 --lesions severe --seed 7
fi

address=127.0.0.1:5077
"$program" serve --listen "$address" --data-dir "$folder/data" >"$folder/server.log" 2>&1 &
server=$!
until curl -sf "http://$address/readyz" >/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/server.log" >&2; exit 1; }
    sleep 0.1
done

seconds() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(seconds)" 'BEGIN { printf "%.1f", to - from }'; }

started="$(seconds)"
curl -sf -F "image=@$photograph;filename=retina.jpg" "http://$address/api/v1/screenings" -o "$folder/answer.json"
echo "grade after $(since "$started") s"
grep -o '"url":"[^"]*"' "$folder/answer.json" | cut -d'"' -f4 | while read -r url; do
    curl -sf --retry 20 --retry-delay 1 "http://$address$url" -o /dev/null
    echo "$(basename "$url") after $(since "$started") s"
done
awk '/VmHWM/ { printf "peak memory of the server %.0f MB\n", $2 / 1024 }' "/proc/$server/status"

#!/usr/bin/env python3
"""What a rush does to the server: 50 uploads of 12-megapixel photographs at the same time, and pages asked for meanwhile.

    cargo build --release && benches/load.py [PHOTOGRAPH]

Prints how many uploads were acknowledged and how long that took, the median and the 95th percentile of the pages' answers
while uploads were under way and while the photographs were graded, and the peak resident memory of the server; then waits until
every acknowledged photograph is graded. Fails where one is lost or a page takes longer than 200 ms at the 95th percentile.
Without a photograph it draws one; every upload is made different by bytes after the end of the JPEG. Python's standard library
alone; Linux for the memory figure.
"""

import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

UPLOADS = 50
PAGES = ["/", "/worklist", "/statistics", "/bundle", "/monitor", "/api/v1/screenings", "/readyz"]
LONGEST = 0.2  # seconds, at the 95th percentile
ADDRESS = ("127.0.0.1", 5078)
BOUNDARY = "a-boundary-of-the-bench"
ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    program = os.environ.get("FUNDOSCOPE_BINARY") or ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "fundoscope"
    if not os.access(program, os.X_OK):
        sys.exit(f"no program at {program}: build it with cargo build --release")
    with tempfile.TemporaryDirectory() as folder:
        photograph = pathlib.Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else drawn(folder)
        call = [program, "serve", "--listen", "%s:%d" % ADDRESS, "--data-dir", f"{folder}/data", "--explanations", "grad-cam"]
        with open(f"{folder}/log", "w") as log, subprocess.Popen(call, stdout=log, stderr=log, cwd=ROOT) as server:
            try:
                wait_until_ready(server)
                is_fine = rush(photograph, server.pid)
            finally:
                server.terminate()
    sys.exit(0 if is_fine else 1)


def drawn(folder):
    path = f"{folder}/retina.jpg"
    call = "cargo run -q --release -p fundus --example draw_retina -- --width 4288 --height 2848 --lesions severe --seed 7 --out"
    subprocess.run([*call.split(), path], check=True, cwd=ROOT)
    return pathlib.Path(path).read_bytes()


def wait_until_ready(server):
    while True:
        try:
            if ask("GET", "/readyz")[0] == 200 and server.poll() is None:
                return
        except OSError:
            if server.poll() is not None:
                sys.exit("the server did not start")
        time.sleep(0.1)


def rush(photograph, process):
    acknowledged, refused = [], []
    uploads = [threading.Thread(target=upload, args=(photograph, number, acknowledged, refused)) for number in range(UPLOADS)]
    started = time.monotonic()
    for thread in uploads:
        thread.start()
    while_uploading = []
    while any(thread.is_alive() for thread in uploads):
        look(while_uploading)
    print(f"{len(acknowledged)} of {UPLOADS} uploads acknowledged, the last after {time.monotonic() - started:.1f} s")
    for answer in refused:
        print("refused:", answer)
    while_grading, waiting = [], set(acknowledged)
    while waiting:
        look(while_grading)
        waiting = {location for location in waiting if not is_graded(location)}
    print(f"all graded after {time.monotonic() - started:.1f} s")
    is_fast = all([say("while uploads were under way", while_uploading), say("while photographs were graded", while_grading)])
    with open(f"/proc/{process}/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    print(f"peak memory of the server {int(peak.split()[1]) / 1024:.0f} MB")
    return is_fast and len(acknowledged) == UPLOADS


def upload(photograph, number, acknowledged, refused):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="{number}.jpg"\r\n\r\n'
    body = head.encode() + photograph + str(number).encode() + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Prefer": "respond-async"}
    status, answer, text = ask("POST", "/api/v1/screenings", body, headers)
    if status == 202:
        acknowledged.append(answer["location"])
    else:
        refused.append((status, text[:300]))


def look(seconds):
    for page in PAGES:
        started = time.monotonic()
        status, _, text = ask("GET", page)
        if status != 200:
            sys.exit(f"{page} answered {status}: {text[:300]}")
        seconds.append(time.monotonic() - started)
        time.sleep(0.02)


def is_graded(location):
    status, _, text = ask("GET", location)
    if status != 200:
        sys.exit(f"an acknowledged upload is lost: {status}")
    results = json.loads(text)["results"]
    failed = [result["error"] for result in results if "error" in result]
    if failed:
        sys.exit(f"an acknowledged upload was not graded: {failed}")
    return bool(results) and all(result.get("grade") is not None for result in results)


def say(when, seconds):
    ninety_fifth = statistics.quantiles(seconds, n=20)[-1]
    median = statistics.median(seconds)
    print(f"{len(seconds)} pages {when}: median {median * 1000:.0f} ms, 95th percentile {ninety_fifth * 1000:.0f} ms")
    return ninety_fifth < LONGEST


def ask(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(*ADDRESS, timeout=600)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


if __name__ == "__main__":
    main()

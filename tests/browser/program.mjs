// The program under test, on a free port with a data folder of its own, and the photograph it is given.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const ROOT = path.resolve(import.meta.dirname, "../..");
const START_PATIENCE = 60_000; // milliseconds

export const temporaryFolder = () => fs.mkdtemp(path.join(os.tmpdir(), "fundoscope-browser-"));

/// A retina of real size, drawn; or the one that the environment names.
export async function drawnRetina(folder) {
  if (process.env.FUNDOSCOPE_DEMO_PHOTOGRAPH) return path.resolve(process.env.FUNDOSCOPE_DEMO_PHOTOGRAPH);
  return draw(path.join(folder, "drawn_retina.jpg"), { seed: 7, lesions: "severe", width: 4288, height: 2848 });
}

/// Draws a retina into a file, by the example of the crate `fundus` or what the environment names; answers the file.
export async function draw(file, options) {
  const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const [program, ...before] = process.env.FUNDOSCOPE_DRAW ? [path.resolve(process.env.FUNDOSCOPE_DRAW)] : ["cargo", "run", "--quiet", "-p", "fundus", "--example", "draw_retina", "--"];
  await promisify(execFile)(program, [...before, "--out", file, ...given], { cwd: ROOT });
  return file;
}

/// A bundle of one member whose head weighs nothing, so that no part of a picture can matter.
export async function speechlessBundle(folder) {
  const from = path.resolve(ROOT, process.env.FUNDOSCOPE_BUNDLE ?? "models");
  const manifest = JSON.parse(await fs.readFile(path.join(from, "bundle.json"), "utf8"));
  const weights = await fs.readFile(path.join(from, manifest.members[0].file));
  const header = Number(weights.readBigUInt64LE(0));
  const tensors = JSON.parse(weights.subarray(8, 8 + header).toString("utf8"));
  const [start, end] = tensors["fc.weight"].data_offsets;
  weights.fill(0, 8 + header + start, 8 + header + end);
  manifest.members = [{ ...manifest.members[0], sha256: createHash("sha256").update(weights).digest("hex") }];
  delete manifest.experience;
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, manifest.members[0].file), weights);
  await fs.writeFile(path.join(folder, "bundle.json"), JSON.stringify(manifest));
  return folder;
}

function binary() {
  const named = process.env.FUNDOSCOPE_BINARY;
  assert.ok(named, "FUNDOSCOPE_BINARY must name the program, for example target/debug/fundoscope");
  return path.resolve(named);
}

/// Runs `account` with a password where one is needed.
export function account(dataFolder, flags, password = "") {
  const child = promisify(execFile)(binary(), ["account", "--data-dir", dataFolder, ...flags], { cwd: ROOT });
  child.child.stdin.end(`${password}\n`);
  return child;
}

/// Starts `serve` with further flags, and waits until it is ready.
export async function start(dataFolder, flags = [], { port, environment = {} } = {}) {
  const address = `127.0.0.1:${port ?? (await freePort())}`;
  const command = ["serve", "--listen", address, "--data-dir", dataFolder, ...flags];
  const child = spawn(binary(), command, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => { said += text; });
  const deadline = Date.now() + START_PATIENCE;
  while (!(await isReady(address))) {
    assert.equal(child.exitCode, null, `the program ended: ${said}`);
    assert.ok(Date.now() < deadline, `the program was not ready in time: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { address: `http://${address}`, stop: () => stop(child), said: () => said };
}

async function isReady(address) {
  try {
    return (await fetch(`http://${address}/readyz`)).ok;
  } catch {
    return false; // nobody listens yet
  }
}

async function stop(child) {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

export async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// The browser, and what every page has to keep: quiet console, no other host, accessible.

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { start, temporaryFolder } from "./program.mjs";

const axeSource = await fs.readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });

/// What the tests of a suite work with, from its beginning to its end: a program with an empty data folder and further arguments of
/// its command line, a browser, a folder for files and one for pictures of the pages.
export function atWork(...more) {
  const at = {};
  before(async () => {
    at.folder = await temporaryFolder();
    at.screenshots = process.env.FUNDOSCOPE_SCREENSHOTS ?? path.join(at.folder, "screenshots");
    await fs.mkdir(at.screenshots, { recursive: true });
    at.program = await start(path.join(at.folder, "data"), more);
    at.browser = await launch();
  });
  after(async () => {
    await at.browser?.close();
    await at.program?.stop();
    if (at.folder) await fs.rm(at.folder, { recursive: true, force: true });
  });
  return at;
}

/// A page in a context of its own; `finish` fails when it complained or asked another host, then closes it.
export async function freshPage({ browser, program: { address } }, { expectedErrors, ...options } = {}) {
  const context = await browser.newContext({ baseURL: address, viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !expectedErrors?.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "blob:" && url.origin !== new URL(address).origin) complaints.push(`asked ${url.origin}`);
  });
  page.finish = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  return page;
}

/// No serious violation, in both themes. The checker comes in through the debugger, which the page's policy lets pass.
export async function looksAccessible(page) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300); // colours fade
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    const serious = violations
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    assert.deepEqual(serious, [], `in the ${colorScheme} theme`);
  }
  await page.emulateMedia({ colorScheme: null });
}

/// How colourful the middle of an element looks: the greatest difference between red, green and blue in any of its pixels.
export async function coloursOf(element) {
  const picture = (await element.screenshot({ animations: "disabled" })).toString("base64");
  return element.evaluate(async (_, encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    const [left, top, width, height] = [bitmap.width, bitmap.height, 2 * bitmap.width, 2 * bitmap.height].map((side) => Math.round(side / 4));
    const { data } = canvas.getImageData(left, top, width, height);
    let most = 0;
    for (let at = 0; at < data.length; at += 4) most = Math.max(most, Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]));
    return most;
  }, picture);
}

/// The whole page, or what the window shows of it, in both themes and both widths that it is made for; it never scrolls sideways.
export async function photographThePage(page, folder, name, { fullPage = true } = {}) {
  const before = page.viewportSize();
  for (const [width, height] of [[1440, 900], [768, 1024]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`), fullPage });
    }
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overhang <= 0, `${name} is ${overhang} pixels too wide at ${width}`);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}

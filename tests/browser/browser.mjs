// The browser, and what every page has to keep: quiet console, no other host, accessible.

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const axeSource = await fs.readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
}

/// A page in a context of its own; `finish` fails when it complained or asked another host, then closes it.
export async function freshPage(browser, address, { expectedErrors, ...options } = {}) {
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

/// The whole page in both themes and both widths that it is made for; it never scrolls sideways.
export async function photographThePage(page, folder, name) {
  const before = page.viewportSize();
  for (const [width, height] of [[1280, 800], [768, 1024]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overhang <= 0, `${name} is ${overhang} pixels too wide at ${width}`);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}

// The pages in another language: chosen with and without a script, and no English left on them.
//
// Takes the same settings from the environment as dashboard.test.mjs.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import fs from "node:fs/promises";
import { atWork, freshPage, looksAccessible } from "./browser.mjs";
import { drawnRetina } from "./program.mjs";

// On two cores that also compile, grading may take long.
const PATIENCE = 240_000;
const WORDS = 3; // a text of more words than these is a sentence that somebody wrote
// What has the same words in every language: names of methods and records, terms of weights, what somebody typed.
const SAME = [/^Fundoscope/, /fundoscope (audit|bundle)/, /licen[cs]e|research use|CC BY|Apache/i, /^P-\d+$/, /\.jpe?g$/, /^screening [0-9a-f-]{36}/];

describe("another language", { timeout: 900_000 }, () => {
  const at = atWork();
  let photograph;

  before(async () => {
    photograph = await fs.readFile(await drawnRetina(at.folder));
  });

  test("is chosen below the page, kept, and left again; without a script, too", async () => {
    for (const javaScriptEnabled of [true, false]) {
      const page = await freshPage(at, { javaScriptEnabled });
      await page.goto("/worklist");
      assert.equal(await page.getAttribute("html", "lang"), "en");
      await page.click(".languages button[value=es]");
      await page.waitForSelector("html[lang=es]");
      assert.match(page.url(), /\/worklist$/);
      assert.match(await page.textContent("h1"), /Lista de trabajo/);
      await page.goto("/");
      assert.equal(await page.getAttribute("html", "lang"), "es");
      if (javaScriptEnabled) await looksAccessible(page);
      await page.click(".languages button[value=en]");
      await page.waitForSelector("html[lang=en]");
      await page.finish();
    }
  });

  test("is the browser's where nothing was chosen", async () => {
    const page = await freshPage(at, { locale: "es-MX" });
    await page.goto("/");
    assert.equal(await page.getAttribute("html", "lang"), "es");
    await page.finish();
  });

  test("leaves no sentence in English", async () => {
    const id = await screened();
    const patient = await patientOf(id);
    const pages = ["/", "/worklist", "/statistics", "/bundle", "/monitor", "/audit", "/accounts", `/screenings/${id}`, patient, "/worklist?grade=9"];
    for (const address of pages) {
      const [english, spanish] = [await texts(address, "en-GB"), await texts(address, "es-ES")];
      const left = [...spanish].filter((text) => english.has(text) && text.split(/\s+/).length > WORDS && !SAME.some((same) => same.test(text)));
      assert.deepEqual(left, [], `on ${address}`);
      assert.ok(spanish.size > 5, address);
    }
  });

  test("says why a file is refused, on the page that sent it", async () => {
    const page = await freshPage(at, { locale: "es-ES", expectedErrors: /422/ });
    await page.goto("/");
    await page.setInputFiles("#image", { name: "vacío.jpg", mimeType: "image/jpeg", buffer: Buffer.from("") });
    await page.waitForSelector("[data-problem]:not([hidden])");
    assert.match(await page.textContent("[data-problem]"), /el archivo está vacío/);
    await page.finish();
  });

  /// All texts of a page, and those for people who do not see it.
  async function texts(address, locale) {
    const page = await freshPage(at, { locale, expectedErrors: /40\d/ });
    await page.goto(address);
    for (const width of [768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overhang <= 0, `${address} in ${locale} is ${overhang} pixels too wide at ${width}`);
    }
    const all = await page.evaluate(() => {
      const found = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) found.push(walker.currentNode.textContent);
      for (const name of ["alt", "aria-label", "title", "placeholder"]) {
        for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name));
      }
      return [...found, document.title];
    });
    await page.finish();
    return new Set(all.map((text) => text.trim().replace(/\s+/g, " ")).filter((text) => /[a-z]{2}/i.test(text)));
  }

  async function screened() {
    const body = new FormData();
    body.append("patient", "P-4711");
    body.append("image", new Blob([photograph]), "macula_right.jpg");
    body.append("image", new Blob([photograph]), "macula_left.jpg");
    const answer = await fetch(`${at.program.address}/api/v1/screenings`, { method: "POST", body, headers: { prefer: "respond-async" } });
    const { id } = await answer.json();
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const { state } = await (await fetch(`${at.program.address}/api/v1/screenings/${id}`)).json();
      if (state === "done") return id;
      assert.ok(Date.now() < deadline && state !== "failed", `the screening is ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async function patientOf(id) {
    const screening = await (await fetch(`${at.program.address}/api/v1/screenings/${id}`)).json();
    return `/patients/${screening.patient_id}`;
  }
});

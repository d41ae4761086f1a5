// A reader's day: the worklist by the keyboard, a second reading, a patient over time, statistics.
//
// Takes the same settings from the environment as dashboard.test.mjs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fs from "node:fs/promises";
import path from "node:path";
import { atWork, freshPage, looksAccessible, photographThePage } from "./browser.mjs";
import { drawnRetina } from "./program.mjs";

// On two cores that also compile, grading may take long.
const PATIENCE = 240_000;
const DESKTOP = { width: 1280, height: 800 };
const TABLET = { width: 768, height: 1024 };

describe("a reader's day", { timeout: 900_000 }, () => {
  // What is explained is not looked at here.
  const at = atWork("--explanations", "grad-cam");

  test("an empty worklist says in three lines what to do", async () => {
    const page = await freshPage(at);
    await page.goto("/");
    assert.equal(await page.locator("[data-first-steps] li").count(), 3);
    await page.click(".top-links a >> text=Worklist");
    await page.waitForURL(/\/worklist$/);
    assert.equal(await page.locator("[data-first-steps] li").count(), 3);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "worklist-empty");
    await page.goto("/statistics");
    assert.match(await page.textContent("[data-nothing]"), /Nothing was screened in this period/);
    await page.finish();
  });

  test("what is screened stands on the worklist, which the keyboard goes through", async () => {
    const photograph = await fs.readFile(await drawnRetina(at.folder));
    for (const patient of ["P-1001", "P-1002", "P-1001"]) await screen(at.program.address, patient, photograph);
    for (const viewport of [DESKTOP, TABLET]) {
      const page = await freshPage(at, { viewport });
      await page.goto("/worklist");
      assert.match(await page.textContent("[data-total]"), /^3 screenings · what needs a reader first/);
      const focused = () => page.evaluate(() => [...document.querySelectorAll("[data-open]")].indexOf(document.activeElement));
      await page.keyboard.press("j");
      assert.equal(await focused(), 0);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      assert.equal(await focused(), 2, "the last line is the end");
      await page.keyboard.press("k");
      assert.equal(await focused(), 1);
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowUp");
      assert.equal(await focused(), 0, "the first line is the beginning");

      await page.keyboard.press("?");
      await page.waitForSelector("[data-keys][open]");
      await looksAccessible(page);
      await page.screenshot({ path: path.join(at.screenshots, `worklist-keys-${viewport.width}.png`) });
      await page.keyboard.press("j");
      await page.keyboard.press("Escape");
      await page.waitForSelector("[data-keys]:not([open])", { state: "attached" });
      assert.equal(await focused(), 0, "what is pressed in the dialog moves nothing behind it");
      await looksAccessible(page);

      const opened = await page.locator("[data-open]").first().getAttribute("href");
      await Promise.all([page.waitForURL(new RegExp(`${opened}$`)), page.keyboard.press("Enter")]);
      await page.finish();
    }
    const page = await freshPage(at);
    await page.goto("/worklist");
    await photographThePage(page, at.screenshots, "worklist-of-three");
    await page.finish();
  });

  test("a patient is searched for without standing in an address, and seen over time", async () => {
    const page = await freshPage(at);
    const addresses = [];
    page.on("request", (request) => addresses.push(request.url()));
    await page.goto("/worklist");
    await page.keyboard.press("/");
    await page.keyboard.type("p-1001");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/worklist\?search=[0-9a-f-]{36}$/);
    assert.match(await page.textContent("[data-total]"), /^2 screenings found/);
    assert.equal(await page.inputValue("[data-search]"), "p-1001");
    await page.click("[data-worklist] thead a >> text=Received");
    await page.waitForURL(/search=[0-9a-f-]{36}&sort=received$/);
    assert.equal(await page.locator("[data-open]").count(), 2);
    await page.selectOption("select[name=reading]", "settled");
    await page.click(".filter button[type=submit]");
    await page.waitForSelector("[data-nothing]");
    assert.ok(addresses.every((address) => !/1001/.test(address)), "no address holds the identifier");

    await page.goBack();
    await page.click("[data-worklist] .patient a");
    await page.waitForURL(/\/patients\/[0-9a-f-]{36}$/);
    assert.match(await page.textContent("h1"), /P-1001/);
    assert.equal(await page.locator("[data-examination]").count(), 2);
    assert.equal(await page.locator(".thumbnail img").count(), 4);
    await page.locator(".thumbnail img").last().scrollIntoViewIfNeeded();
    await page.waitForFunction(() => [...document.querySelectorAll(".thumbnail img")].every((picture) => picture.complete && picture.naturalWidth > 0));
    assert.match(await page.locator(".course svg title").textContent(), /right eye \d+ % on \d{4}-\d\d-\d\d/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "patient");
    await page.finish();
  });

  test("a second reader judges without seeing the first one's verdict, and a third settles it", async () => {
    const page = await freshPage(at);
    await page.goto("/worklist");
    await page.locator("[data-open]").first().click();
    await page.waitForSelector("[data-eye]");
    const address = new URL(page.url()).pathname;
    const right = page.locator('[data-eye="right"]');
    const system = Number(await right.locator("strong").first().evaluate((element) => ["No DR", "Mild", "Moderate", "Severe", "Proliferative"].indexOf(element.textContent)));
    await reads(page, right, "Dr. First", system === 3 ? 2 : 3);
    assert.ok(await right.locator(".reviews").isVisible(), "one's own word is no secret");
    await page.finish();

    const second = await freshPage(at);
    await second.goto(address);
    const other = second.locator('[data-eye="right"]');
    assert.equal(await other.locator(".reviews").isVisible(), false);
    assert.ok(await other.locator("summary >> text=Read by one reader").isVisible());
    await looksAccessible(second);
    await photographThePage(second, at.screenshots, "second-reading");
    await reads(second, other, "Dr. Second", system === 4 ? 2 : 4);
    assert.match(await other.textContent(), /Readers differ.+A third reader settles it/);
    await second.goto("/worklist?reading=differ");
    assert.equal(await second.locator("[data-open]").count(), 1);
    await second.goto(address);
    await reads(second, other, "Dr. Third", system === 4 ? 2 : 4);
    assert.match(await other.textContent(), /Settled: .+, read by 3 readers/);
    await looksAccessible(second);
    await photographThePage(second, at.screenshots, "settled");
    await second.finish();
  });

  test("statistics say what the day came to, in charts and tables", async () => {
    const page = await freshPage(at);
    await page.goto("/statistics");
    assert.equal((await page.textContent("[data-screenings]")).trim(), "3");
    assert.equal(await page.locator("figure.graph svg").count(), 5);
    assert.equal(await page.locator(".statistics table").count(), 5);
    assert.match(await page.textContent('[data-agreement="second-reader"]'), /The same grade in 0 of 1/);
    await page.finish();
  });
});

/// Both eyes of a patient, by a program.
async function screen(address, patient, photograph) {
  const form = new FormData();
  form.append("patient", patient);
  for (const eye of ["right", "left"]) form.append("image", new Blob([photograph], { type: "image/jpeg" }), `macula_${eye}.jpg`);
  const answer = await fetch(`${address}/api/v1/screenings`, { method: "POST", body: form, signal: AbortSignal.timeout(PATIENCE) });
  assert.equal(answer.status, 201, await answer.text());
}

/// Overrules the system under a name.
async function reads(page, eye, reader, grade) {
  const overrule = eye.locator("[data-overrule]");
  await overrule.locator("summary").click();
  await overrule.locator("[data-reader]").fill(reader);
  await overrule.locator("select").selectOption(String(grade));
  await overrule.locator("[name=reason]").fill("seen");
  await overrule.locator("button").click();
  await page.waitForURL(/#eyes$/);
  await page.waitForLoadState();
  await page.waitForFunction((name) => document.querySelector("[data-eye='right']").textContent.includes(name), reader);
}

// Drives the clinician's page in a real browser, as a clinician would.
//
//   FUNDOSCOPE_BINARY            the program under test (required)
//   FUNDOSCOPE_BUNDLE            the model bundle (the program's own default when not set)
//   FUNDOSCOPE_DEMO_PHOTOGRAPH   the photograph to drop; a retina is drawn with cargo when not set
//   FUNDOSCOPE_DRAW              the program that draws a retina (cargo runs it when not set)
//   FUNDOSCOPE_SCREENSHOTS       folder for the pictures of the pages (a temporary one when not set)
//   CHROMIUM                     the browser, /usr/bin/chromium when not set

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import fs from "node:fs/promises";
import path from "node:path";
import { atWork, freshPage, looksAccessible, photographThePage } from "./browser.mjs";
import { drawnRetina, speechlessBundle, start } from "./program.mjs";

// On two cores that also compile, explanations of two members may take long.
const PATIENCE = 240_000;

describe("the dashboard", { timeout: 900_000 }, () => {
  const at = atWork();
  let photograph;

  before(async () => {
    photograph = await drawnRetina(at.folder);
  });

  test("the first page is empty, accessible, and says that it is no medical device", async () => {
    const page = await freshPage(at);
    await page.goto("/");
    assert.match(await page.textContent(".disclaimer"), /not a medical device/i);
    assert.match(await page.textContent(".recent"), /None yet/);
    assert.match(await page.textContent(".foot"), /kappa/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "home");
    await page.finish();
  });

  test("a dropped photograph becomes a grade, bars, a decision and explanations", async () => {
    const page = await freshPage(at);
    await page.goto("/");
    await page.fill("#patient", "Test patient 1");
    await page.check("input[name=laterality][value=left]", { force: true });
    await page.locator(".about summary").click();
    await page.fill("#year_of_birth", "1961");
    await page.fill("#examined", "2026-02-27");
    await page.fill("#device", "A camera");
    await looksAccessible(page);
    await drop(page, [photograph]);
    await page.waitForSelector("[data-progress]:not([hidden])");
    await page.screenshot({ path: path.join(at.screenshots, "progress.png") });
    await page.waitForURL(/\/screenings\/[^/]+$/, { timeout: PATIENCE });

    const decision = await page.getAttribute("[data-decision]", "data-decision");
    assert.ok(["refer", "rescreen", "unsure"].includes(decision), `a clear drawn retina can be graded, but: ${decision}`);
    const grade = Number(await page.getAttribute(".answer-grade", "data-grade"));
    const names = ["No DR", "Mild", "Moderate", "Severe", "Proliferative"];
    assert.equal(await page.textContent(".answer-grade"), names[grade]);
    assert.match(await page.textContent(".photograph-facts"), /Left eye/);
    assert.match(await page.textContent(".screening-head"), /Test patient 1, born 1961/);
    assert.match(await page.textContent(".circumstances"), /Examined 2026-02-27 · Camera: A camera/);
    assert.match(await page.textContent(".banner-rule"), /Decided by: [a-z ]+\. .+\.$/);
    assert.match(await page.textContent("[data-referable]"), /\d+ %/);
    assert.match(await page.textContent(".certainty"), /Entropy \d\.\d\d nats/);
    assert.match(await page.textContent(".answer"), /Macular oedema: not assessed/);
    await barsAgree(page, grade);
    await setAgrees(page, grade);
    await familiarityAgrees(page);

    await page.waitForFunction(() => document.querySelector("[data-screening]").dataset.state === "done", null, { timeout: PATIENCE });
    for (const method of ["combined", "grad-cam", "integrated-gradients", "guided-grad-cam"]) await showsMap(page, method);
    assert.match(await page.textContent(".methods"), /adds up to the score within \d+ %|map is empty/);
    assert.ok(await allPicturesLoaded(page));
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "result");
    await page.finish();
  });

  test("an optic disc that tells the other eye is warned of until somebody states the eye", async () => {
    const page = await freshPage(at);
    await page.goto("/");
    await page.locator(".recent-table a").last().click();
    const warning = /The optic disc lies where a right eye has it, but the photograph is called a left eye: check before acting\./;
    const eye = page.locator('[data-eye="left"]');
    const doubt = page.locator("[data-which-eye]");
    assert.match(await eye.textContent(), warning);
    assert.match(await doubt.textContent(), warning);
    await page.emulateMedia({ media: "print", colorScheme: "light" });
    await page.locator("[data-print]").waitFor({ state: "hidden" });
    assert.equal(await doubt.locator("form").isVisible(), false);
    const paper = await page.pdf({ path: path.join(at.screenshots, "warned.pdf"), preferCSSPageSize: true, format: "A4" });
    assert.equal(paper.toString("latin1").match(/\/Type \/Page\b/g).length, 1, "a warning pushes nothing onto another page");
    await page.emulateMedia({ media: "screen", colorScheme: "light" });
    await Promise.all([page.waitForURL(/#photograph-1$/), doubt.locator("button[value=left]").click()]);
    assert.equal(await doubt.count(), 0);
    assert.doesNotMatch(await eye.textContent(), warning);
    await page.finish();
  });

  test("an eye is reviewed in two keystrokes, overruled with a reason, and both are kept", async () => {
    const page = await freshPage(at);
    await page.goto("/");
    await page.locator(".recent-table a").last().click();
    const eye = page.locator('[data-eye="left"]');
    assert.match(await eye.textContent(), /Left eye \(OS\)/);
    assert.match(await page.textContent("[data-patient-outcome]"), /No photograph shows the right eye well enough to be graded/);
    await eye.locator("[data-reader]").first().fill("Dr. Reader");
    await page.locator("h1").click(); // away from the field, whose letters are a name
    await page.keyboard.press("l");
    assert.ok(await eye.evaluate((element) => element === document.activeElement));
    await Promise.all([page.waitForURL(/#eyes$/), page.keyboard.press("a")]);
    assert.match(await page.textContent(".reviews"), /Agreed with .+Dr\. Reader/);

    const system = Number(await page.getAttribute(".answer-grade", "data-grade"));
    const other = system === 3 ? 4 : 3;
    await page.keyboard.press("l");
    await page.keyboard.press("o");
    const overrule = eye.locator("[data-overrule]");
    assert.ok(await overrule.locator("select").evaluate((select) => select === document.activeElement));
    assert.equal(await overrule.locator(`option[value="${system}"]`).count(), 0);
    assert.equal(await overrule.locator("[data-reader]").inputValue(), "Dr. Reader");
    await overrule.locator("select").selectOption(String(other));
    await overrule.locator("[name=reason]").fill("haemorrhages in all quadrants");
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "review");
    await overrule.locator("button").click();
    await page.waitForFunction(() => document.querySelectorAll(".reviews li").length === 2);
    assert.match(await page.locator(".reviews li").last().textContent(), /Overruled: .+haemorrhages in all quadrants/);

    await page.goto("/monitor");
    assert.match(await page.textContent("[data-agreement]"), /Reviewers agreed with 0 of 1 grades \(0 %\)/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "monitor");
    await page.finish();
  });

  test("the page about the model says which rule decides and what is promised", async () => {
    const page = await freshPage(at);
    await page.goto("/");
    await page.click(".foot-link a");
    await page.waitForURL(/\/bundle$/);
    assert.match(await page.textContent(".disclaimer"), /not a medical device/i);
    assert.equal(await page.locator("[data-decides]").count(), 1);
    assert.equal(await page.locator(".lines li").count(), 6);
    assert.match(await page.textContent(".rules"), /Calibration.+What the prediction sets promise/s);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "bundle");
    await page.finish();
  });

  test("zoom, pan, overlay and enlarging work with the mouse and with the keyboard alone", async () => {
    const page = await freshPage(at);
    await openOldest(page);
    const transforms = () => page.$$eval("[data-photograph] .layer", (layers) => layers.map((layer) => layer.style.transform));
    const magnification = () => page.textContent("[data-zoom-value]");

    const stage = page.locator('[data-pane="cropped"] .stage');
    await stage.scrollIntoViewIfNeeded();
    await page.waitForTimeout(400); // a wheel right after scrolling belongs to the page
    await stage.hover();
    await page.mouse.wheel(0, -400);
    await page.waitForFunction(() => document.querySelector("[data-zoom-value]").textContent !== "1.0 ×");
    const zoomed = await transforms();
    assert.ok(zoomed.every((transform) => transform.includes("scale")), "all pictures follow");

    const box = await stage.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 - 30, box.y + box.height / 2 - 20, { steps: 3 });
    await page.mouse.up();
    const moved = await transforms();
    assert.ok(moved.every((transform, index) => transform !== zoomed[index]), "all pictures move");
    await photographThePage(page, at.screenshots, "zoomed");

    await stage.focus();
    await page.keyboard.press("0");
    assert.equal(await magnification(), "1.0 ×");
    await page.keyboard.press("+");
    assert.equal(await magnification(), "1.5 ×");
    const before = await transforms();
    await page.keyboard.press("ArrowRight");
    assert.notDeepEqual(await transforms(), before);
    await page.keyboard.press("-");
    assert.equal(await magnification(), "1.0 ×");
    await page.keyboard.press("Enter");
    assert.equal(await page.getAttribute('[data-pane="cropped"] [data-enlarge]', "aria-pressed"), "true");
    assert.ok((await stage.boundingBox()).width > box.width * 1.5);
    await page.keyboard.press("Escape");
    assert.equal(await page.getAttribute('[data-pane="cropped"] [data-enlarge]', "aria-pressed"), "false");

    await page.focus("[data-opacity]");
    await page.keyboard.press("Home");
    assert.equal(await page.textContent("[data-opacity-value]"), "0 %");
    assert.ok((await page.$$eval(".map", (maps) => maps.map((map) => getComputedStyle(map).opacity))).every((opacity) => opacity === "0"));
    await page.keyboard.press("End");
    assert.equal(await page.textContent("[data-opacity-value]"), "100 %");
    await page.selectOption("[data-palette]", "blue-yellow");
    await page.waitForFunction(() => [...document.querySelectorAll(".map[src]")].every((map) => map.src.includes("blue-yellow") && map.complete && map.naturalWidth > 0));
    assert.equal(await page.isVisible("[data-contours-legend]"), false);
    await page.check("[data-contours]");
    await page.uncheck("[data-grey]");
    await page.waitForFunction(() => [...document.querySelectorAll(".map[src]")].every((map) => map.src.includes("contours") && map.complete && map.naturalWidth > 0));
    assert.equal(await page.isVisible("[data-contours-legend]"), true);
    await page.screenshot({ path: path.join(at.screenshots, "contours.png"), fullPage: true });

    await page.goto("/");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.finish();
  });

  test("outlines mark the places to look at, the list zooms there, and any method can lie over the photograph", async () => {
    const page = await freshPage(at);
    await openOldest(page);
    const magnification = () => page.textContent("[data-zoom-value]");
    const places = await page.locator("[data-region]").count();
    assert.ok(places > 0, "a drawn retina with severe lesions has places to look at");
    for (const pane of ["original", "cropped"]) assert.equal(await page.locator(`[data-pane="${pane}"] [data-outline]`).count(), places);
    assert.match(await page.textContent("[data-region='0']"), /\d+ % of the evidence [\d.]+ (disc diameters|% of the field) across, (by itself speaks for|matters little)/);
    await changesItsMind(page);

    const first = page.locator("[data-region='0']");
    await first.focus();
    await page.keyboard.press("Enter");
    assert.equal(await first.getAttribute("aria-pressed"), "true");
    assert.ok(Number.parseFloat(await magnification()) >= 2);
    for (const pane of ["original", "cropped"]) await liesInTheMiddle(page, pane);
    await photographThePage(page, at.screenshots, "place");
    await first.click();
    assert.equal(await magnification(), "1.0 ×");

    await page.uncheck("[data-outlines]");
    assert.equal(await page.locator("[data-outlined]").first().isVisible(), false);
    await page.check("[data-outlines]");
    assert.equal(await page.locator("[data-outlined]").first().isVisible(), true);

    const laid = page.locator("[data-over-map]");
    assert.equal(await laid.isVisible(), false);
    for (const method of ["grad-cam", "combined"]) {
      await page.selectOption("[data-over]", method);
      await page.waitForFunction((name) => {
        const map = document.querySelector("[data-over-map]");
        return map.src.includes(`/${name}/map`) && map.complete && map.naturalWidth > 0;
      }, method);
      assert.equal(await laid.isVisible(), true);
    }
    await page.focus("[data-opacity]");
    await page.keyboard.press("Home");
    assert.equal(await laid.evaluate((map) => getComputedStyle(map).opacity), "0");
    await page.selectOption("[data-over]", "");
    assert.equal(await laid.isVisible(), false);
    await page.finish();
  });

  test("a network that sees nothing is said to see nothing, in words", async () => {
    const speechless = await start(path.join(at.folder, "speechless-data"), ["--bundle", await speechlessBundle(path.join(at.folder, "speechless"))]);
    try {
      const page = await freshPage({ ...at, program: speechless });
      await page.goto("/");
      await drop(page, [photograph]);
      await page.waitForURL(/\/screenings\/[^/]+$/, { timeout: PATIENCE });
      await page.waitForFunction(() => document.querySelector("[data-screening]").dataset.state === "done", null, { timeout: PATIENCE });
      assert.match(await page.textContent('[data-pane="combined"]'), /Empty: nothing in the picture spoke/);
      assert.match(await page.textContent(".places"), /No place stands out/);
      assert.equal(await page.locator("[data-region], [data-outline]").count(), 0);
      await looksAccessible(page);
      await photographThePage(page, at.screenshots, "empty");
      await page.finish();
    } finally {
      await speechless.stop();
    }
  });

  test("a restart keeps the result, which is complete without JavaScript", async () => {
    const page = await freshPage(at);
    await openOldest(page);
    const address = new URL(page.url()).pathname;
    const shown = await page.textContent(".summary");
    await page.finish();

    await at.program.stop();
    at.program = await start(path.join(at.folder, "data"));
    const plain = await freshPage(at, { javaScriptEnabled: false });
    await plain.goto(address);
    assert.equal(await plain.textContent(".summary"), shown);
    assert.equal(await plain.locator(".map[src]").count(), 4);
    await plain.goto("/");
    assert.match(await plain.textContent(".recent-table"), /Test patient 1/);
    await plain.finish();
  });

  test("without JavaScript the form hands in a photograph", async () => {
    const page = await freshPage(at, { javaScriptEnabled: false });
    await page.goto("/");
    await page.setInputFiles("#image", photograph);
    await page.click("button[type=submit]");
    await page.waitForURL(/\/screenings\//);
    assert.match(await page.textContent(".photograph"), new RegExp(path.basename(photograph).replaceAll(".", "\\.")));
    await page.finish();
  });

  test("a file that is no photograph is told so, alone and among others", async () => {
    const letter = path.join(at.folder, "letter.jpg");
    await fs.writeFile(letter, "Dear colleague, this is no photograph.\n");
    const page = await freshPage(at, { expectedErrors: /status of 4\d\d/ });
    await page.goto("/");
    await drop(page, [letter]);
    await page.waitForSelector("[data-problem]:not([hidden])", { timeout: PATIENCE });
    assert.match(await page.textContent("[data-problem]"), /letter\.jpg/);
    assert.ok(await page.isVisible("[data-drop]"), "another photograph can be handed in");
    await photographThePage(page, at.screenshots, "problem");

    await page.setInputFiles("#image", [letter, photograph]);
    await page.waitForURL(/\/screenings\/[^/]+$/, { timeout: PATIENCE });
    await page.waitForSelector("[data-decision]", { timeout: PATIENCE });
    assert.equal(await page.locator("[data-refused]").count(), 1);
    assert.match(await page.textContent("[data-refused]"), /letter\.jpg|photograph|picture|image/i);
    await page.waitForFunction(() => document.querySelector("[data-screening]").dataset.state === "done", null, { timeout: PATIENCE });
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "two-files");
    await page.finish();
  });

  test("on paper every photograph begins a page and no control is printed", async () => {
    const page = await freshPage(at);
    await openOldest(page);
    await page.emulateMedia({ media: "print", colorScheme: "light" });
    await page.locator("[data-print]").waitFor({ state: "hidden" }); // the style sheet for paper may come last
    assert.equal(await page.locator("[data-zoom]").first().isVisible(), false);
    assert.equal(await page.locator("[data-review]").first().isVisible(), false);
    assert.ok(await page.isVisible(".disclaimer-line"));
    const paper = await page.pdf({ path: path.join(at.screenshots, "result.pdf"), preferCSSPageSize: true, format: "A4" });
    assert.equal(paper.toString("latin1").match(/\/Type \/Page\b/g).length, 2, "what eyes and readers say, and a page a photograph");
    await page.finish();
  });
});

/// Drops files onto the page through a real DataTransfer.
async function drop(page, files) {
  const contents = await Promise.all(files.map(async (file) => [path.basename(file), (await fs.readFile(file)).toString("base64")]));
  const transfer = await page.evaluateHandle((given) => {
    const carried = new DataTransfer();
    for (const [name, content] of given) {
      const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
      carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
    }
    return carried;
  }, contents);
  for (const event of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("[data-drop]", event, { dataTransfer: transfer });
}

/// The five numbers sum to a whole, the largest is the grade's, and bars are as long as their numbers say.
async function barsAgree(page, grade) {
  const rows = await page.$$eval(".bars tbody tr", (all) =>
    all.map((row) => ({ length: Number(row.querySelector(".bar-fill").getAttribute("width")), number: row.querySelector(".number").textContent, chosen: row.className === "chosen" })));
  assert.equal(rows.length, 5);
  const sum = rows.reduce((total, row) => total + row.length, 0);
  assert.ok(Math.abs(sum - 100) < 0.1, `the bars sum to ${sum}`);
  assert.equal(rows.findIndex((row) => row.chosen), grade);
  assert.ok(rows.every((row) => row.length <= rows[grade].length));
  for (const { length, number } of rows) if (!/[<>]/.test(number)) assert.ok(Math.abs(Number.parseFloat(number) - length) <= 0.51, `${number} is drawn as ${length}`);
}

/// The bracket stands beside the neighbouring grades of the set, the answer among them, and the sentence says what it means;
/// a bundle that promises none has neither.
async function setAgrees(page, grade) {
  const sentence = page.locator(".prediction-set");
  const marked = await page.$$eval(".bars tbody tr", (rows) => rows.flatMap((row, index) => (row.querySelector("[data-in-set]") ? [index] : [])));
  if ((await sentence.count()) === 0) return assert.deepEqual(marked, []);
  const [lowest, highest] = [Number(await sentence.getAttribute("data-lowest")), Number(await sentence.getAttribute("data-highest"))];
  assert.deepEqual(marked, Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index));
  assert.ok(marked.includes(grade), `grade ${grade} is in its own set`);
  assert.match(await sentence.textContent(), /[\d.]+ %: .+ lie in such a set|Any grade: .+|on average at most [\d.]+ grades above: .+/);
}

/// The card says whether the photograph is like those that the system learned from, with number and limit where there are any.
async function familiarityAgrees(page) {
  const verdict = await page.getAttribute("[data-familiarity]", "data-familiarity");
  const text = await page.textContent("[data-familiarity]");
  if (verdict === "unknown") return assert.match(text, /is not known/);
  const [distance, limit] = text.match(/\d+\.\d\d/g).map(Number);
  assert.equal(verdict, distance <= limit ? "like" : "unlike");
  assert.match(text, verdict === "like" ? /Like the photographs/ : /Unlike the photographs .+ may not hold/);
}

/// A map with pixels in it lies over the photograph, or the page says that it is empty.
async function showsMap(page, method) {
  const pane = page.locator(`[data-pane="${method}"]`);
  if (/Empty/.test(await pane.textContent())) return;
  const coloured = await pane.locator(".map").evaluate(async (map) => {
    await map.decode();
    const canvas = new OffscreenCanvas(64, 64).getContext("2d");
    canvas.drawImage(map, 0, 0, 64, 64);
    return canvas.getImageData(0, 0, 64, 64).data.filter((value, index) => index % 4 === 3 && value > 0).length;
  });
  assert.ok(coloured > 0, `${method} colours nothing`);
}

/// The sentence under the list and the picture beside it say the same about what the grade depends on.
async function changesItsMind(page) {
  const sentence = await page.textContent(".places-change");
  const pane = page.locator('[data-pane="counterfactual"]');
  if (/still be/.test(sentence)) return assert.equal(await pane.count(), 0);
  const removed = sentence.match(/Without (places? .+) the grade would be/)[1].match(/\d+/g);
  assert.equal(await pane.locator("[data-outline]").count(), removed.length);
  assert.ok((await pane.locator("img").evaluate((picture) => picture.naturalWidth)) > 0);
}

/// The chosen outline is drawn around the middle of the picture.
async function liesInTheMiddle(page, pane) {
  const stage = await page.locator(`[data-pane="${pane}"] .stage`).boundingBox();
  const outline = await page.locator(`[data-pane="${pane}"] .chosen .edge`).boundingBox();
  for (const [at, side] of [["x", "width"], ["y", "height"]]) {
    const [middle, found] = [stage, outline].map((box) => box[at] + box[side] / 2);
    assert.ok(Math.abs(middle - found) < 0.2 * stage[side], `${pane}: ${found} is not ${middle}`);
  }
}

const allPicturesLoaded = (page) => page.$$eval("main img[src]", (pictures) => pictures.every((picture) => picture.complete && picture.naturalWidth > 0));

async function openOldest(page) {
  await page.goto("/");
  await page.click(".recent-table tbody tr:last-child a");
  await page.waitForSelector("[data-decision]");
}

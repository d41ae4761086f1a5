// A day in the clinic, with accounts: the administrator lets people in, a screener hands in photographs, one reader reads them on a
// desktop and another on a tablet, and the report goes out. Takes the same variables as dashboard.test.mjs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fs from "node:fs/promises";
import path from "node:path";
import { atWork, coloursOf, freshPage, looksAccessible, photographThePage } from "./browser.mjs";
import { draw } from "./program.mjs";

// On two cores that also compile, grading may take long.
const PATIENCE = 480_000;
const PASSWORD = "correct horse battery";
const ADMINISTRATOR = "root";
const SCREENER = "Sam Screener";
const READER = "Anna Reader";
const SECOND_READER = "Ben Reader";
const PATIENT = "P-2041";
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const TABLET = { viewport: { width: 768, height: 1024 }, hasTouch: true, isMobile: true };
/// Two fields of each eye; the names say which eye.
const PHOTOGRAPHS = [
  ["macula_right.jpg", { seed: 11, eye: "right", lesions: "none" }],
  ["disc_right.jpg", { seed: 12, eye: "right", lesions: "none" }],
  ["macula_left.jpg", { seed: 13, eye: "left", lesions: "severe" }],
  ["disc_left.jpg", { seed: 14, eye: "left", lesions: "severe" }],
];

describe("a day in the clinic", { timeout: 1_800_000 }, () => {
  // Two explanations are enough to compare.
  const at = atWork("--explanations", "combined,grad-cam");

  test("in the morning the administrator lets people in", async () => {
    const page = await freshPage(at, { ...DESKTOP, expectedErrors: /status of 403/ });
    await page.goto("/accounts");
    assert.match(await page.textContent("main"), /There are none/);
    await looksAccessible(page);
    await add(page, ADMINISTRATOR, "administrator");
    await page.waitForURL(/\/log-in\?next=%2Faccounts$/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "log-in");
    await logIn(page, ADMINISTRATOR, "a wrong password");
    await page.waitForSelector("[role=alert]");
    assert.match(await page.textContent("[role=alert]"), /name or the password is wrong/);
    assert.equal(await page.inputValue("#name"), ADMINISTRATOR);
    await looksAccessible(page);
    await logIn(page, ADMINISTRATOR);
    await page.waitForURL(/\/accounts$/);
    for (const [name, role] of [[SCREENER, "screener"], [READER, "reader"], [SECOND_READER, "reader"]]) {
      await add(page, name, role);
      await page.waitForSelector(`th:has-text("${name}")`);
    }
    await page.click(`tr:has-text("${READER}") summary`);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "accounts");
    await page.goto("/system");
    assert.match(await page.textContent("[data-system]"), /Fundoscope \d.+this server.+0 photographs, 0 explanations.+SQLite.+0 files/s);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "system");
    await page.finish();
  });

  test("a screener hands in four photographs and sees the work go on", async () => {
    const files = [];
    for (const [name, options] of PHOTOGRAPHS) files.push(await draw(path.join(at.folder, name), options));
    const page = await freshPage(at, { ...DESKTOP, expectedErrors: /status of 403/ });
    await page.goto("/");
    await logIn(page, SCREENER);
    await page.waitForURL((url) => url.pathname === "/");
    assert.match(await page.textContent(".who"), /Sam Screener/);
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "home-of-a-screener");
    await page.fill("#patient", PATIENT);
    await page.setInputFiles("#image", files);
    await page.waitForSelector("[data-progress]:not([hidden])");
    assert.equal(await page.locator("[data-previews] img").count(), 4);
    await looksAccessible(page);
    await page.screenshot({ path: path.join(at.screenshots, "progress-of-four.png") });
    await page.waitForURL(/\/screenings\/[^/]+$/, { timeout: PATIENCE });
    at.screening = new URL(page.url()).pathname;
    assert.equal(await page.locator("[data-decision]").count(), 4);
    await page.waitForSelector('[data-work]:has-text("explanations:")');
    const before = await page.textContent("[data-work]");
    await page.waitForFunction((text) => document.querySelector("[data-work]").textContent !== text, before, { timeout: PATIENCE });
    for (const eye of ["right", "left"]) assert.match(await page.textContent(`[data-eye="${eye}"]`), /grade \d, the worst of 2 photographs/);
    assert.equal(await page.locator("[data-review]").count(), 0, "a screener reads no eye");
    for (const address of ["/accounts", "/system"]) {
      await page.goto(address);
      assert.match(await page.textContent("main"), /takes the role administrator/);
    }
    await page.finish();
  });

  test("a reader finds them on the worklist and looks: red-free, ruler, flip, both eyes", async () => {
    const page = await freshPage(at, DESKTOP);
    await page.goto("/worklist");
    await logIn(page, READER);
    await page.waitForURL(/\/worklist$/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "worklist");
    await page.keyboard.press("j");
    await Promise.all([page.waitForURL(new RegExp(`${at.screening}$`)), page.keyboard.press("Enter")]);
    await finished(page);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "four-photographs");
    await page.keyboard.press("?");
    await page.waitForSelector("[data-keys][open]");
    await looksAccessible(page);
    await page.screenshot({ path: path.join(at.screenshots, "screening-keys.png") });
    await page.keyboard.press("Escape");

    const first = await openPicture(page, 1);
    assert.ok((await coloursOf(first)) > 20, "a photograph has colours");
    await page.keyboard.press("g");
    assert.equal(await coloursOf(first), 0, "its green channel has none");
    await brightens(page, first);
    await measures(page, first);
    await page.screenshot({ path: path.join(at.screenshots, "measured.png") });
    await page.keyboard.press("d");
    assert.equal(await page.locator("#photograph-1 [data-measuring]").isVisible(), false);
    await laysMethods(page);
    await flips(page, first, at.screenshots);
    await page.finish();
  });

  test("both eyes are compared side by side, and two explanations of one photograph", async () => {
    const page = await logged(at, READER, at.screening, DESKTOP);
    await finished(page);
    const picture = await openPicture(page, 3);
    await picture.press("+");
    await page.keyboard.press("c");
    const dialog = page.locator("[data-comparison]");
    await dialog.waitFor();
    const chosen = () => dialog.locator('[data-choice="photograph"]').evaluateAll((fields) => fields.map((field) => field.selectedOptions[0].text));
    assert.deepEqual(await chosen(), ["1: Right eye (OD), macula_right.jpg", "3: Left eye (OS), macula_left.jpg"]);
    assert.equal(await dialog.locator("[data-zoom-value]").textContent(), "1.5 ×");
    const transforms = () => dialog.locator(".layer").evaluateAll((layers) => layers.map((layer) => new DOMMatrix(layer.style.transform).e));
    const before = await transforms();
    await page.keyboard.press("ArrowRight");
    const [right, left] = (await transforms()).map((place, index) => place - before[index]);
    assert.ok(right < -5 && Math.abs(right + left) < 1, `the other eye moves the other way round: ${right}, ${left}`);
    await page.keyboard.press("]");
    assert.match((await chosen())[0], /disc_right/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "both-eyes", { fullPage: false });
    await dialog.locator('[data-choice="photograph"]').first().selectOption("2");
    assert.equal(await dialog.locator("[data-mirrored]").count(), 0);
    for (const [index, method] of ["combined", "grad-cam"].entries()) {
      await dialog.locator('[data-choice="picture"]').nth(index).selectOption(method);
      assert.ok((await dialog.locator(".map").nth(index).getAttribute("src")).includes(`/${method}/map`));
    }
    await page.screenshot({ path: path.join(at.screenshots, "two-methods.png") });
    await page.keyboard.press("Escape");
    assert.equal(await dialog.isVisible(), false);
    await page.finish();
  });

  test("the reader agrees on one eye and overrules the other by the keyboard", async () => {
    const page = await logged(at, READER, at.screening, DESKTOP);
    await page.keyboard.press("r");
    await Promise.all([page.waitForURL(/#eyes$/), page.keyboard.press("a")]);
    await page.waitForSelector('[data-eye="right"] .reviews');
    assert.match(await page.textContent('[data-eye="right"] .reviews'), /Agreed with .+Anna Reader/);
    const left = page.locator('[data-eye="left"]');
    const system = await left.locator("strong").first().textContent();
    await page.keyboard.press("l");
    await page.keyboard.press("o");
    await page.keyboard.press("4");
    await page.keyboard.press("Tab");
    await page.keyboard.type("new vessels at the disc");
    await page.keyboard.press("Enter");
    await left.locator(".reviews").waitFor();
    const read = await left.locator(".reviews").textContent();
    assert.match(read, /new vessels at the disc · Anna Reader/);
    assert.ok(read.includes(`Overruled`) && !read.includes(`Overruled: ${system}`), read);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "read");
    await page.finish();
  });

  test("a second reader does the same on a tablet, by touch alone", async () => {
    const page = await logged(at, SECOND_READER, "/worklist", TABLET);
    assert.ok(await fitsIn(page.locator("[data-worklist]"), page), "no column has to be scrolled to");
    assert.ok((await page.locator(".top").boundingBox()).height < 80, "the head is one row");
    await page.tap("[data-open]");
    await finished(page);
    assert.equal(await page.locator('[data-eye="left"] .reviews').isVisible(), false, "what the first reader said is folded away");
    const viewer = page.locator("#photograph-1 [data-viewer]");
    const stage = viewer.locator('[data-pane="cropped"] .stage');
    await viewer.locator("[data-red-free]").tap();
    await stage.scrollIntoViewIfNeeded();
    assert.equal(await coloursOf(stage), 0);
    await viewer.locator("[data-ruler]").tap();
    await touchAcross(page, stage);
    assert.match(await viewer.locator("[data-measured]").textContent(), /^About .*\d+ pixels of the photograph/);
    await viewer.locator("[data-ruler-clear]").tap();
    assert.match(await viewer.locator("[data-measured]").textContent(), /^Drag/);
    await viewer.locator('[data-flip="1"]').tap();
    const next = page.locator("#photograph-2 [data-viewer]");
    assert.equal(await next.locator("[data-red-free]").getAttribute("aria-pressed"), "true");
    await page.screenshot({ path: path.join(at.screenshots, "flipped-on-a-tablet.png") });
    await next.locator("[data-compare]").tap();
    await page.waitForSelector("[data-comparison][open]");
    await page.screenshot({ path: path.join(at.screenshots, "both-eyes-on-a-tablet.png") });
    await page.tap("[data-close]");
    for (const eye of ["right", "left"]) {
      await page.locator(`[data-eye="${eye}"] button[value=agree]`).tap();
      await page.waitForFunction((key) => document.querySelector(`[data-eye="${key}"]`).textContent.includes("Ben Reader"), eye);
    }
    assert.match(await page.textContent('[data-eye="right"]'), /Settled: .+, read by 2 readers/);
    assert.match(await page.textContent('[data-eye="left"]'), /Readers differ.+A third reader settles it/);
    await looksAccessible(page);
    await page.finish();
  });

  test("the report is downloaded and the page is printed", async () => {
    const page = await logged(at, READER, at.screening, DESKTOP);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click('a:has-text("Report (PDF)")')]);
    assert.match(download.suggestedFilename(), /^fundoscope-report-[0-9a-f-]{36}\.pdf$/);
    const report = await fs.readFile(await download.path());
    assert.equal(report.toString("latin1", 0, 5), "%PDF-");
    await fs.writeFile(path.join(at.screenshots, "report.pdf"), report);
    await page.emulateMedia({ media: "print", colorScheme: "light" });
    await page.locator("[data-print]").waitFor({ state: "hidden" });
    for (const format of ["A4", "Letter"]) {
      const paper = await page.pdf({ path: path.join(at.screenshots, `four-photographs-${format}.pdf`), preferCSSPageSize: true, format });
      assert.equal(paper.toString("latin1").match(/\/Type \/Page\b/g).length, 5, `what eyes and readers say, and a page a photograph, on ${format}`);
    }
    await page.finish();
  });

  test("the patient is found again, without standing in an address, and the day is counted", async () => {
    const page = await logged(at, READER, "/worklist", DESKTOP);
    const addresses = [];
    page.on("request", (request) => addresses.push(request.url()));
    await page.keyboard.press("/");
    await page.keyboard.type(PATIENT.slice(2));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/worklist\?search=[0-9a-f-]{36}$/);
    assert.match(await page.textContent("[data-total]"), /^1 screening found/);
    await page.click("[data-worklist] .patient a");
    await page.waitForURL(/\/patients\/[0-9a-f-]{36}$/);
    assert.match(await page.textContent("h1"), /P-2041/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "patient-of-the-day");
    assert.ok(addresses.every((address) => !/2041/.test(address)), "no address holds the identifier");
    await page.click(".top-links a >> text=Statistics");
    assert.equal((await page.textContent("[data-screenings]")).trim(), "1");
    assert.match(await page.textContent('[data-agreement="second-reader"]'), /The same grade in 1 of 2/);
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "statistics");
    await page.finish();
  });

  test("a reader changes the password and leaves; the audit tells of the day and is whole", async () => {
    const page = await logged(at, READER, "/bundle", DESKTOP);
    assert.equal(await page.locator("a[href='/accounts']").count(), 0);
    await page.click(".who a");
    await looksAccessible(page);
    await photographThePage(page, at.screenshots, "password");
    await page.fill("#current", PASSWORD);
    await page.fill("#new", "another long password");
    await page.fill("#again", "another long password");
    await page.click("text=Change it");
    await page.waitForURL((url) => url.pathname === "/");
    await page.click("text=Log out");
    await page.waitForURL(/\/log-in$/);
    assert.deepEqual(await page.context().cookies(), []);
    await page.goto("/");
    await page.waitForURL(/\/log-in$/);
    await page.finish();

    const office = await logged(at, ADMINISTRATOR, "/audit", DESKTOP);
    await office.click("text=Check the chain");
    assert.match(await office.textContent("[role=status]"), /The chain is whole/);
    await looksAccessible(office);
    await photographThePage(office, at.screenshots, "audit");
    await office.finish();
  });
});

async function add(page, name, role) {
  await page.fill("#name", name);
  await page.selectOption("#role", role);
  await page.fill("#password", PASSWORD);
  await page.click("text=Add it");
}

async function logIn(page, name, password = PASSWORD) {
  await page.fill("#name", name);
  await page.fill("#password", password);
  await page.keyboard.press("Enter");
}

/// A page of somebody who has just logged in.
async function logged(at, name, address, options) {
  const page = await freshPage(at, options);
  await page.goto(address);
  await logIn(page, name);
  await page.waitForURL((url) => url.pathname === address);
  await page.waitForSelector(".scripted, main");
  return page;
}

/// Until everything is explained.
const finished = (page) => page.waitForFunction(() => document.querySelector("[data-screening]")?.dataset.state === "done", null, { timeout: PATIENCE });

/// The field of view of a photograph, with the focus.
async function openPicture(page, number) {
  const stage = page.locator(`#photograph-${number} [data-pane="cropped"] .stage`);
  await stage.scrollIntoViewIfNeeded();
  await stage.focus();
  return stage;
}

/// Brightness and contrast by the keyboard, and back.
async function brightens(page, stage) {
  const tone = () => stage.locator("img").first().evaluate((picture) => getComputedStyle(picture).filter);
  await page.focus("#brightness-1");
  for (let press = 0; press < 4; press += 1) await page.keyboard.press("ArrowRight");
  await page.focus("#contrast-1");
  await page.keyboard.press("ArrowLeft");
  assert.match(await tone(), /red-free.+brightness\(1\.2\) contrast\(0\.95\)/);
  await page.click("#photograph-1 [data-tone-reset]");
  assert.equal(await tone(), "none");
  await stage.focus();
}

/// With the mouse across the whole field of view, which is as long as twice its radius, then with the keyboard.
async function measures(page, stage) {
  const measured = page.locator("#photograph-1 [data-measured]");
  await page.keyboard.press("d");
  const box = await stage.boundingBox();
  await page.mouse.move(box.x + 1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  const diameter = 2 * (await page.getAttribute("#photograph-1 [data-radius]", "data-radius"));
  const [, discs, pixels] = (await measured.textContent()).match(/^About ([\d.]+) disc diameters, (\d+) pixels of the photograph$/).map(Number);
  assert.ok(Math.abs(pixels - diameter) < 0.02 * diameter, `${pixels} of ${diameter}`);
  assert.ok(discs > 4 && discs < 12, `${discs} disc diameters`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Space");
  const before = await measured.textContent();
  await page.keyboard.press("Shift+ArrowRight");
  const longer = await measured.textContent();
  assert.ok(Number(longer.match(/(\d+) pixels/)[1]) > Number(before.match(/(\d+) pixels/)[1]));
}

/// One method after the other over the field of view.
async function laysMethods(page) {
  const map = page.locator("#photograph-1 [data-over-map]");
  for (const method of ["combined", "grad-cam"]) {
    await page.keyboard.press("m");
    assert.ok((await map.getAttribute("src")).includes(`/${method}/map`));
  }
  await page.keyboard.press("m");
  assert.equal(await map.isVisible(), false);
}

/// The other field of the eye is shown as this one is, at the same place of the window.
async function flips(page, stage, screenshots) {
  await stage.press("+");
  await page.keyboard.press("g");
  const top = (await stage.boundingBox()).y;
  await page.keyboard.press("]");
  const other = page.locator('#photograph-2 [data-pane="cropped"] .stage');
  assert.ok(await other.evaluate((element) => element === document.activeElement));
  assert.ok(Math.abs((await other.boundingBox()).y - top) < 2, "it lies where the first one lay");
  assert.equal(await page.textContent("#photograph-2 [data-zoom-value]"), "1.5 ×");
  assert.equal(await page.getAttribute("#photograph-2 [data-red-free]", "aria-pressed"), "true");
  await page.screenshot({ path: path.join(screenshots, "flipped.png") });
  await page.keyboard.press("]");
  assert.ok(await stage.evaluate((element) => element === document.activeElement), "after the last field comes the first");
}

/// A finger from one side of a picture to the other.
async function touchAcross(page, stage) {
  const box = await stage.boundingBox();
  const touches = await page.context().newCDPSession(page);
  const at = (share) => [{ x: box.x + box.width * share, y: box.y + box.height / 2 }];
  await touches.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0.2) });
  for (const share of [0.4, 0.6, 0.8]) await touches.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(share) });
  await page.waitForTimeout(300); // a finger that is lifted while it moves swallows the next tap
  await touches.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(0.8) });
  await touches.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

/// Whether the whole width of an element is seen.
async function fitsIn(element, page) {
  const { x, width } = await element.boundingBox();
  return x >= 0 && x + width <= page.viewportSize().width;
}

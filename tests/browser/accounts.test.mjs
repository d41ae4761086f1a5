// Logging in and managing accounts in a real browser: what only a browser shows is whether it sends and keeps what the server asks of it.
// Takes the same variables as dashboard.test.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fs from "node:fs/promises";
import path from "node:path";
import { freshPage, launch, looksAccessible, photographThePage } from "./browser.mjs";
import { start, temporaryFolder } from "./program.mjs";

const PASSWORD = "correct horse battery";

describe("accounts", { timeout: 300_000 }, () => {
  let browser, folder, program, screenshots;

  before(async () => {
    folder = await temporaryFolder();
    screenshots = process.env.FUNDOSCOPE_SCREENSHOTS ?? path.join(folder, "screenshots");
    await fs.mkdir(screenshots, { recursive: true });
    program = await start(path.join(folder, "data"));
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await program?.stop();
    if (folder) await fs.rm(folder, { recursive: true, force: true });
  });

  async function add(page, name, role) {
    await page.fill("#name", name);
    await page.selectOption("#role", role);
    await page.fill("#password", PASSWORD);
    await page.click("text=Add it");
  }

  async function logIn(page, name, password) {
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.keyboard.press("Enter");
  }

  test("the first account closes the server, and its owner logs in and adds a reader", async () => {
    const page = await freshPage(browser, program.address, { expectedErrors: /status of 403/ });
    await page.goto("/accounts");
    assert.match(await page.textContent("main"), /There are none/);
    await looksAccessible(page);
    await add(page, "root", "administrator");
    await page.waitForURL(/\/log-in\?next=%2Faccounts$/);
    await looksAccessible(page);
    await photographThePage(page, screenshots, "log-in");
    await logIn(page, "root", "a wrong password");
    await page.waitForSelector("[role=alert]");
    assert.match(await page.textContent("[role=alert]"), /name or the password is wrong/);
    assert.equal(await page.inputValue("#name"), "root");
    await looksAccessible(page);
    await logIn(page, "root", PASSWORD);
    await page.waitForURL(/\/accounts$/);
    await add(page, "Anna Reader", "reader");
    await page.waitForSelector("text=2 accounts");
    await page.click("tr:has-text('Anna Reader') summary");
    await looksAccessible(page);
    await photographThePage(page, screenshots, "accounts");
    await page.goto("/audit");
    await page.click("text=Check the chain");
    assert.match(await page.textContent("[role=status]"), /The chain is whole/);
    await looksAccessible(page);
    await photographThePage(page, screenshots, "audit");
    await page.finish();
  });

  test("a reader sees who is logged in, changes the password, and logs out", async () => {
    const page = await freshPage(browser, program.address);
    await page.goto("/bundle");
    await logIn(page, "anna reader", PASSWORD);
    await page.waitForURL(/\/bundle$/);
    assert.match(await page.textContent(".who"), /Anna Reader/);
    assert.equal(await page.locator("a[href='/accounts']").count(), 0);
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
    await page.click(".who a");
    await looksAccessible(page);
    await page.fill("#current", PASSWORD);
    await page.fill("#new", "another long password");
    await page.fill("#again", "another long password");
    await page.click("text=Change it");
    await page.waitForURL((url) => url.pathname === "/");
    await photographThePage(page, screenshots, "home-of-a-reader");
    await page.click("text=Log out");
    await page.waitForURL(/\/log-in$/);
    assert.deepEqual(await page.context().cookies(), []);
    await page.goto("/");
    await page.waitForURL(/\/log-in$/);
    await page.finish();
  });
});

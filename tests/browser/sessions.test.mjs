// What was typed stays where the session is over before it is sent. Takes the same variables as dashboard.test.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fs from "node:fs/promises";
import path from "node:path";
import { freshPage, launch } from "./browser.mjs";
import { account, drawnRetina, speechlessBundle, start, temporaryFolder } from "./program.mjs";

const PASSWORD = "correct horse battery";
const REASON = "venous beading in two quadrants, and I had to look for a long time";
const GRADED = 180_000; // milliseconds

describe("a session that is over", { timeout: 400_000 }, () => {
  let browser, folder, program, screening;

  before(async () => {
    folder = await temporaryFolder();
    const data = path.join(folder, "data");
    for (const [name, role] of [["Anna", "administrator"], ["Bert", "reader"]]) await account(data, ["add", name, "--role", role], PASSWORD);
    const bundle = await speechlessBundle(path.join(folder, "bundle"));
    program = await start(data, ["--bundle", bundle, "--explanations", "grad-cam"]);
    browser = await launch();
    const session = await fetch(`${program.address}/api/v1/sessions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "Anna", password: PASSWORD }) });
    const { token } = await session.json();
    const form = new FormData();
    form.append("image", new Blob([await fs.readFile(await drawnRetina(folder))]), "drawn_right.jpg");
    const answer = await fetch(`${program.address}/api/v1/screenings`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: form, signal: AbortSignal.timeout(GRADED) });
    assert.equal(answer.status, 201);
    const { id } = await answer.json();
    // A page that follows would notice by itself that nobody is logged in any more.
    const state = async () => (await (await fetch(`${program.address}/api/v1/screenings/${id}`, { headers: { authorization: `Bearer ${token}` } })).json()).state;
    while ((await state()) !== "done") await new Promise((resolve) => setTimeout(resolve, 200));
    screening = `/screenings/${id}`;
  });

  after(async () => {
    await browser?.close();
    await program?.stop();
    if (folder) await fs.rm(folder, { recursive: true, force: true });
  });

  async function logIn(page, name) {
    await page.fill("#name", name);
    await page.fill("#password", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === screening);
  }

  /// Types a review, and sends it when nobody is logged in any more.
  async function writeTooLong(page) {
    await page.click("[data-overrule] summary");
    const grade = await page.getAttribute("[name=grade] option:nth-child(2)", "value");
    await page.selectOption("[name=grade]", grade);
    await page.fill("[name=reason]", REASON);
    await page.context().clearCookies();
    await page.click("[data-overrule] button");
    await page.waitForURL(/\/log-in\?next=%2Fscreenings%2F/);
    return grade;
  }

  const kept = (page) => page.evaluate(() => Object.keys(sessionStorage));

  test("the review that was typed is there again after logging in, and gone once it was taken", async () => {
    const page = await freshPage({ browser, program }, { expectedErrors: /status of 401/ });
    await page.goto(screening);
    await logIn(page, "Anna");
    const grade = await writeTooLong(page);
    await logIn(page, "Anna");
    await page.waitForSelector("[data-overrule][open]");
    assert.deepEqual([await page.inputValue("[name=grade]"), await page.inputValue("[name=reason]")], [grade, REASON]);
    assert.deepEqual(await kept(page), []);
    await page.click("[data-overrule] button");
    await page.waitForURL(/#eyes$/);
    assert.match(await page.textContent(".eyes"), new RegExp(REASON));
    assert.deepEqual(await kept(page), []);
    assert.equal(await page.inputValue("[name=reason]"), "");
    await page.finish();
  });

  test("nobody else is shown it", async () => {
    const page = await freshPage({ browser, program }, { expectedErrors: /status of 401/ });
    await page.goto(screening);
    await logIn(page, "Anna");
    await writeTooLong(page);
    await logIn(page, "Bert");
    assert.equal(await page.inputValue("[name=reason]"), "");
    assert.deepEqual(await kept(page), []);
    await writeTooLong(page);
    await page.goto("/log-in?next=%2Fbundle");
    await page.fill("#name", "Bert");
    await page.fill("#password", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/bundle$/);
    assert.equal((await kept(page)).length, 1);
    await page.click("text=Log out");
    await page.waitForURL(/\/log-in$/);
    assert.deepEqual(await kept(page), []);
    await page.finish();
  });
});

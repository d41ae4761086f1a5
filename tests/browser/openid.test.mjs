// Logging in by OpenID Connect at a real provider, in a real browser: whether it sends the cookies that it must on the way there and
// back, and no others. Takes the same variables as dashboard.test.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fs from "node:fs/promises";
import path from "node:path";
import { freshPage, launch, looksAccessible, photographThePage } from "./browser.mjs";
import { account, freePort, start, temporaryFolder } from "./program.mjs";
import { CLIENT, SECRET, identify, startProvider } from "./provider.mjs";

const PASSWORD = "correct horse battery";
const JOURNEY = "fundoscope-openid";

describe("log-in by OpenID Connect", { timeout: 300_000 }, () => {
  let browser, folder, data, port, program, provider, providerPort, screenshots;
  const people = {
    "anna-1": { preferred_username: "somebody else", clinic_roles: ["fundoscope-administrator"] },
    "carl-1": { preferred_username: "carl", clinic_roles: ["staff", "fundoscope-reader", "fundoscope-screener"] },
    "dora-1": { preferred_username: "dora", clinic_roles: ["staff"] },
    "eve-1": { preferred_username: "ROOT", clinic_roles: "fundoscope-administrator" },
  };

  const flags = (issuer) => ["--public-url", `http://127.0.0.1:${port}`, "--openid-issuer", issuer, "--openid-client-id", CLIENT, "--openid-name", "Clinic log-in"];
  const begin = async (more = []) => start(data, [...flags(provider.issuer), ...more], { port, environment: { FUNDOSCOPE_OPENID_SECRET: SECRET } });

  before(async () => {
    folder = await temporaryFolder();
    data = path.join(folder, "data");
    screenshots = process.env.FUNDOSCOPE_SCREENSHOTS ?? path.join(folder, "screenshots");
    await fs.mkdir(screenshots, { recursive: true });
    [port, providerPort] = [await freePort(), await freePort()];
    provider = await startProvider(providerPort, `http://127.0.0.1:${port}`, people);
    await account(data, ["add", "root", "--role", "administrator"], PASSWORD);
    await account(data, ["add", "Anna Reader", "--role", "reader", "--openid", "anna-1", "--openid-issuer", provider.issuer]);
    program = await begin();
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await program?.stop();
    await provider?.stop();
    if (folder) await fs.rm(folder, { recursive: true, force: true });
  });

  // The provider's pages ask another host for their letters, which stays out of this, and complain of themselves.
  async function visitor() {
    const page = await freshPage({ browser, program });
    page.finish = () => page.context().close();
    await page.route((url) => !["127.0.0.1", "localhost"].includes(url.hostname), (route) => route.abort());
    page.on("request", (request) => { if (new URL(request.url()).pathname.endsWith("/callback")) page.cameBack = request.url(); });
    return page;
  }

  async function setOut(page, from = "/log-in") {
    await page.goto(from);
    await page.click("text=Clinic log-in");
    await page.waitForSelector("[name=login]");
  }

  const refusal = (page) => page.waitForSelector("[role=alert]").then((element) => element.textContent());
  const carried = async (page) => (await page.context().cookies(program.address)).find(({ name }) => name === JOURNEY);

  async function changeCarried(page, change) {
    const cookie = await carried(page);
    await page.context().addCookies([{ ...cookie, value: change(cookie.value) }]);
  }

  test("a reader logs in there, reads here under the name of the account, and logs out of both", async () => {
    const page = await visitor();
    await page.goto("/bundle");
    await page.waitForURL(/\/log-in\?next=%2Fbundle$/);
    await looksAccessible(page);
    await photographThePage(page, screenshots, "log-in-openid");
    await page.click("text=Clinic log-in");
    await page.waitForSelector("[name=login]");
    const cookie = await carried(page);
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Lax"]);
    await identify(page, "anna-1");
    await page.waitForURL(/\/bundle$/);
    // The role is that of the account, whatever the provider claims.
    assert.match(await page.textContent(".who"), /Anna Reader.*reader/);
    assert.equal(await page.locator("a[href='/accounts'], a[href='/password']").count(), 0);
    const [session, ...others] = await page.context().cookies(program.address);
    assert.deepEqual([session.name, session.httpOnly, session.sameSite, others], ["fundoscope", true, "Strict", []]);
    await page.reload();
    assert.match(await page.textContent(".who"), /Anna Reader/);
    await page.click("text=Log out");
    await page.waitForURL((url) => url.origin === provider.issuer);
    assert.deepEqual(await page.context().cookies(program.address), []);
    await page.click("text=Yes, sign me out");
    await page.waitForURL(`${program.address}/log-in`);
    await setOut(page, "/"); // and is asked again
    await page.finish();
  });

  test("an answer counts once, in the browser that set out", async () => {
    const page = await visitor();
    await setOut(page);
    const cookie = await carried(page);
    await identify(page, "anna-1");
    await page.waitForURL(program.address);
    await page.goto(page.cameBack);
    assert.match(await refusal(page), /not begun in this browser/);
    // Neither does it help somebody who has all that the browser had.
    const thief = await visitor();
    await thief.goto(page.cameBack);
    assert.match(await refusal(thief), /not begun in this browser/);
    await thief.context().addCookies([cookie]);
    await thief.goto(page.cameBack);
    assert.match(await refusal(thief), /cannot be accepted/);
    assert.deepEqual(await thief.context().cookies(program.address), []);
    await Promise.all([page.finish(), thief.finish()]);
  });

  for (const [what, change, sentence] of [
    ["another nonce", (value) => value.replace(/nonce=[^&]*/, "nonce=another"), /cannot be accepted/],
    ["another verifier", (value) => value.replace(/verifier=[^&]*/, `verifier=${"a".repeat(43)}`), /cannot be accepted/],
    ["another state", (value) => value.replace(/state=[^&]*/, "state=another"), /not begun in this browser/],
  ]) {
    test(`${what} than the one that the browser set out with is refused`, async () => {
      const page = await visitor();
      await setOut(page);
      await changeCarried(page, change);
      await identify(page, "anna-1");
      assert.match(await refusal(page), sentence);
      assert.deepEqual(await page.context().cookies(program.address), []);
      await page.finish();
    });
  }

  test("somebody without an account is told what an administrator needs, and is then let in", async () => {
    const page = await visitor();
    await setOut(page, "/log-in?next=%2Fbundle");
    await identify(page, "carl-1");
    assert.match(await refusal(page), /No account .* OpenID subject: carl-1/);
    await looksAccessible(page);
    await photographThePage(page, screenshots, "log-in-openid-refused");
    const root = await visitor();
    await root.goto("/log-in?next=%2Faccounts");
    await root.fill("#name", "root");
    await root.fill("#password", PASSWORD);
    await root.keyboard.press("Enter");
    await root.waitForURL(/\/accounts$/);
    await root.fill("#name", "Carl");
    await root.selectOption("#role", "screener");
    await root.fill("#subject", "carl-1");
    await root.click("text=Add it");
    await root.waitForSelector("text=3 accounts");
    await looksAccessible(root);
    await photographThePage(root, screenshots, "accounts-openid");
    await page.click("text=Clinic log-in"); // the provider knows them still
    await page.waitForURL(/\/bundle$/);
    assert.match(await page.textContent(".who"), /Carl.*screener/);
    // And out again at once.
    await root.click("tr:has-text('Carl') >> text=Disable");
    await root.waitForSelector("tr:has-text('Carl') button:has-text('Enable')");
    await page.reload();
    await page.waitForURL(/\/log-in/);
    await page.click("text=Clinic log-in");
    assert.match(await refusal(page), /account is disabled/);
    await Promise.all([page.finish(), root.finish()]);
  });

  test("a provider that was down when the server started is asked again, and gives roles where it is told to", async () => {
    await program.stop();
    await provider.stop();
    program = await begin(["--openid-roles", "clinic_roles"]);
    const down = await visitor();
    await down.goto("/log-in");
    await down.click("text=Clinic log-in");
    assert.match(await refusal(down), /cannot be reached now/);
    await down.finish();
    assert.match(program.said(), /OpenID provider http:\/\/localhost:\d+ cannot be used now/);
    provider = await startProvider(providerPort, program.address, people);
    await new Promise((resolve) => setTimeout(resolve, 5_500)); // it is left alone for a while
    const page = await visitor();
    await setOut(page);
    await identify(page, "dora-1");
    assert.match(await refusal(page), /No account .* dora-1/);
    await page.finish();
    const eve = await visitor();
    await setOut(eve);
    await identify(eve, "eve-1");
    assert.match(await refusal(eve), /Another account has your name already/);
    await eve.finish();
    people["frank-1"] = { preferred_username: "frank", clinic_roles: ["fundoscope-reader", "fundoscope-screener"] };
    const frank = await visitor();
    await setOut(frank);
    await identify(frank, "frank-1");
    await frank.waitForURL(`${program.address}/`);
    assert.match(await frank.textContent(".who"), /frank.*reader/);
    await frank.finish();
    // An account that an administrator made keeps the role that it was given.
    const anna = await visitor();
    await setOut(anna);
    await identify(anna, "anna-1");
    await anna.waitForURL(`${program.address}/`);
    assert.match(await anna.textContent(".who"), /Anna Reader.*reader/);
    await anna.finish();
    for (const secret of [SECRET, "anna-1", "frank", "code="]) assert.ok(!program.said().includes(secret), program.said());
  });
});

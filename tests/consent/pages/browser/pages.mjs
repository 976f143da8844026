// The worker's pages in Chromium. Settings come on standard input; one JSON object goes to standard output.
import { close, look, open, seen, settings } from "./looking.mjs";

const { issuer, callback, consents, asked, grant } = settings;

async function signIn(page) {
  await page.goto(`${issuer}/sign-in`);
  await page.click("button[name=persona]");
  await page.waitForURL("**/me");
}

for (const [label, options] of [
  ["desk", { viewport: { width: 1100, height: 800 } }],
  ["phone", { viewport: { width: 320, height: 740 }, colorScheme: "dark", locale: "sv-SE" }],
]) {
  const page = await open({ ...options, bypassCSP: true });
  await page.goto(`${issuer}/sign-in?again=1`);
  await look(page, `${label}-sign-in`);
  await page.fill("#login", "nobody");
  await page.fill("#password", "wrong password");
  await page.click("form.stack button");
  await look(page, `${label}-sign-in-wrong`);
  await page.goto(`${issuer}/oauth/authorize?client_id=nobody`);
  await look(page, `${label}-error`);
  await signIn(page);
  await look(page, `${label}-home`);
  await page.click("form[action='/me/codes'] button");
  await look(page, `${label}-code-shown`);
  await page.goto(`${issuer}${consents.look}`);
  await look(page, `${label}-consent`);
  await page.click("button[value=allow]");
  await look(page, `${label}-consent-nothing-ticked`);
  await page.click("button[value=all]");
  await look(page, `${label}-consent-all-ticked`);
  await page.goto(`${issuer}/consent/gwq_unknown`);
  await look(page, `${label}-request-gone`);
  for (const path of ["/me/requests", "/me/skills", "/me/log", "/me/log?from=x", "/me/data", "/me/security", `/me/grants/${grant}`]) {
    await page.goto(issuer + path);
    await look(page, `${label}${path.replace(/\W+/g, "-")}`);
  }
  await page.goto(`${issuer}/me/skills?goal=opportunity:opportunity:shuttle`);
  await page.click(".skills summary");
  await look(page, `${label}-path`);
  await page.goto(`${issuer}/consent/${asked[0]}`);
  await look(page, `${label}-asked`);
  await page.click("button[value=preview]");
  await look(page, `${label}-asked-preview`);
  await page.goto(`${issuer}/me`);
  for (const summary of await page.locator("main summary").all()) await summary.click();
  await look(page, `${label}-home-opened`);
  await page.goto(`${issuer}/me/security`);
  await page.click("form[action='/me/security/codes'] button");
  await look(page, `${label}-codes-setup`);
  await page.goto(`${issuer}/me/data`);
  await page.fill("#confirm", "no");
  await page.click("form[action='/me/erase'] button");
  await look(page, `${label}-erase-refused`);
  await page.context().close();
}

// Without JavaScript: consent, the way back to the actor, and ending it. Clicks are counted.
{
  const page = await open({ javaScriptEnabled: false });
  await signIn(page);
  let clicks = 0;
  const click = async (selector) => {
    clicks += 1;
    await page.click(selector);
  };
  await page.goto(issuer + consents.plain);
  await click("button[value=all]");
  await page.locator("input[name=item]").first().uncheck();
  clicks += 1;
  await click("button[value=allow]");
  await page.waitForURL(`${callback}?**`);
  seen.back = [...new URL(page.url()).searchParams.keys()].sort();
  seen.clicks_to_grant = clicks;
  clicks = 0;
  await page.goto(`${issuer}/me`);
  await click("article form[action$='/revoke'] button");
  await page.waitForURL("**/me/grants/*");
  seen.revoked = await page.getAttribute("[data-status]", "data-status");
  seen.clicks_to_revoke = clicks;
  await page.context().close();
}

// The inbox without JavaScript: open it, allow a part, look at what came of it; refuse another and block the actor.
{
  const page = await open({ javaScriptEnabled: false });
  await signIn(page);
  await page.click(".asks a.button");
  const answers = ["deny", "allow"].map((answer) => page.locator(`button[value=${answer}]`));
  seen.prominence = [];
  for (const answer of answers) {
    const { width, height } = await answer.boundingBox();
    const style = await answer.evaluate((element) => {
      const { color, backgroundColor, borderColor, fontSize, fontWeight } = getComputedStyle(element);
      return { color, backgroundColor, borderColor, fontSize, fontWeight };
    });
    seen.prominence.push({ width: Math.round(width), height: Math.round(height), ...style });
  }
  await page.locator("input[name=item]").first().check();
  await page.click("button[value=allow]");
  await page.waitForURL("**/me/grants/*");
  seen.clicks_to_grant_in_inbox = 3;
  seen.allowed_in_inbox = await page.locator("[role=status]").isVisible();
  await page.goto(`${issuer}/me/requests`);
  await page.click("article a.button");
  await page.click("button[value=block]");
  seen.blocked = (await page.textContent("[role=status]")).split(". ")[0].replace("They", "").trim().replace(/\.$/, "") + ".";
  await page.context().close();
}

// What is only there after an answer: an ended consent, a blocked actor, an erased account.
{
  const page = await open({ bypassCSP: true, viewport: { width: 360, height: 740 } });
  await signIn(page);
  await page.click("article form[action$='/revoke'] button");
  await look(page, "grant-ended");
  await page.goto(`${issuer}/me/requests`);
  await look(page, "requests-blocked");
  await page.goto(`${issuer}/me/log?before=20`);
  await look(page, "log-middle");
  await page.click("form[action='/sign-out'] button");
  await page.fill("#login", settings.kim[0]);
  await page.fill("#password", settings.kim[1]);
  await page.click("form.stack button");
  await page.goto(`${issuer}/me/data`);
  await page.fill("#confirm", "erase");
  await page.click("form[action='/me/erase'] button");
  await look(page, "erased");
  seen.erased = (await page.textContent("h1")).trim();
  await page.context().close();
}

// The keyboard alone reaches the answer; a second answer does not count.
{
  const page = await open();
  await signIn(page);
  await page.goto(issuer + consents.keyboard);
  await page.keyboard.press("Tab");
  seen.first_stop = await page.evaluate(() => document.activeElement.className);
  await page.keyboard.press("Enter");
  await page.locator("input[name=item]").first().focus();
  await page.keyboard.press("Space");
  await page.locator("button[value=allow]").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${callback}?**`);
  await page.goBack();
  await page.goto(issuer + consents.keyboard);
  seen.second_answer = await page.textContent("main .notice");
  await page.context().close();
}

// A one-time code, wishes and the way to a provider: the keyboard alone, and no JavaScript.
{
  const page = await open({ javaScriptEnabled: false });
  const press = async (selector, key = "Enter") => {
    await page.locator(selector).first().focus();
    await page.keyboard.press(key);
  };
  const type = async (selector, text) => {
    await page.locator(selector).focus();
    await page.keyboard.type(text);
  };
  await page.goto(`${issuer}/sign-in?next=/me/wishes`);
  await type("#login", settings.robin.login);
  await type("#password", settings.robin.password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#code:focus"); // The field has the focus when the page opens.
  await page.keyboard.type(settings.robin.code);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${issuer}/me/wishes`);
  await press("input[name=looking]", "Space");
  await type("#place", "Malmö");
  await press("main form button");
  await page.waitForURL(`${issuer}/me/wishes?done=saved`);
  seen.wishes = [await page.textContent("[role=status]"), await page.inputValue("#place")];
  await press("form[action='/sign-out'] button");
  await page.waitForURL(`${issuer}/sign-in`);
  await page.route("https://id.example/**", (route) => {
    const asked = new URL(route.request().url()).searchParams;
    const location = `${asked.get("redirect_uri")}?state=${asked.get("state")}&code=${asked.get("nonce")}`;
    return route.fulfill({ contentType: "text/html", body: `<a href="${location.replaceAll("&", "&amp;")}">Yes, it is me</a>` });
  });
  await press("form[action='/sign-in/with/id'] button");
  await page.waitForURL("https://id.example/**"); // The page in between leads on by itself.
  await press("a");
  await page.waitForURL(`${issuer}/me`);
  seen.provided = await page.textContent(".who");
  await page.context().close();
}

// A passkey, from adding it to signing in with it; the pages' own policy is on.
{
  const page = await open();
  const devices = await page.context().newCDPSession(page);
  await devices.send("WebAuthn.enable");
  await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await signIn(page);
  await page.goto(`${issuer}/me/security`);
  await page.click("form[data-passkey=create] button");
  await page.waitForSelector("[role=status]");
  seen.passkey_added = (await page.textContent("[role=status]")).trim();
  await page.click("form[action='/sign-out'] button");
  await page.click("form[data-passkey=get] button");
  await page.waitForURL("**/me");
  seen.signed_in_as = await page.textContent(".who");
  await page.context().close();
}

// Another site can neither frame a page nor post a form.
{
  const page = await open();
  await signIn(page);
  await page.route("https://evil.example/**", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<iframe src="${issuer}/me"></iframe><form method="post" action="${issuer}/me/codes"><button>x</button></form>`,
    }),
  );
  await page.goto("https://evil.example/");
  seen.framed = await page.frames()[1].evaluate(() => document.body?.innerText.includes("Alex")).catch(() => false);
  await page.click("button");
  await page.waitForLoadState();
  seen.posted_from_elsewhere = await page.textContent("h1");
  await page.context().close();
}

await close();

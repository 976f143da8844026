// The pages of connectors in Chromium: linking, exports, registration. Settings come on standard input; one JSON object
// goes to standard output.
import { close, look, open, seen, settings } from "./looking.mjs";

const { issuer, sandbox, organization, sdl, broken, answer, uploads } = settings;
Object.assign(seen, { statuses: [] });
const base = `${issuer}/console/${organization}/connectors`;
const above = `${issuer}/console/operator/connectors`;

async function signIn(page, persona) {
  await page.goto(`${issuer}/sign-in?again=1`);
  await page.click(`button[name=persona][value=${persona}]`);
  await page.waitForURL("**/me");
}

const text = async (page, selector = "main") => (await page.locator(selector).first().textContent()).replace(/\s+/g, " ").trim();

async function code(page, login) {
  const messages = await (await page.request.get(`${sandbox}/inbox.json?to=${encodeURIComponent(login)}`)).json();
  return /[A-Z0-9]{4}-[A-Z0-9]{4}/.exec(messages.messages[0].text)[0];
}

// Without JavaScript and with the pages' own policy: sign in at a platform, prove an address, upload exports, unlink.
{
  const page = await open({ javaScriptEnabled: false });
  await signIn(page, "alex");
  await page.goto(`${issuer}/link/uber`);
  await page.click("main form button");
  await page.click(`button[name=persona][value='${settings.alex}']`);
  await page.waitForURL("**/me");
  await page.goto(`${issuer}/link/bolt`);
  await page.fill("#value", settings.alex);
  await page.click("main form button");
  await page.fill("#code", await code(page, settings.alex));
  await page.click("main form button");
  await page.waitForURL("**/me");
  seen.uploads = {};
  for (const { platform, name, file } of uploads) {
    await page.goto(`${issuer}/link/${platform}`);
    await page.setInputFiles("#file", file);
    await page.click("main form button");
    seen.uploads[name] = new URL(page.url()).pathname === "/me" ? "linked" : await text(page, "[role=alert]");
  }
  seen.linked = await page.goto(`${issuer}/me`).then(() => page.locator("form[action*='unlink']").count());
  await page.context().close();
}

// Registration without JavaScript: check, a sample, submit, run, approve, suspend, resume.
let version;
{
  const engineer = await open({ javaScriptEnabled: false });
  const operator = await open({ javaScriptEnabled: false });
  await signIn(engineer, "alex");
  await signIn(operator, "robin");
  await engineer.goto(base);
  await engineer.fill("#sdl", broken);
  await engineer.click("button[value=check]");
  seen.refused = await text(engineer, "[role=alert] li");
  await engineer.fill("#sdl", sdl);
  await engineer.click("main details summary");
  await engineer.fill("#connect", "seller");
  await engineer.fill("#answer", answer);
  await engineer.click("button[value=check]");
  seen.checked = await text(engineer, "[role=status]");
  seen.mapped = await text(engineer, "pre");
  await engineer.click("button[value=submit]");
  version = new URL(engineer.url()).pathname.split("/").at(-1);
  await engineer.click("form[action$='/test'] button");
  for (let tries = 0; tries < 100 && (await text(engineer)).includes("are running"); tries++) {
    await engineer.waitForTimeout(500);
    await engineer.goto(`${base}/versions/${version}`);
  }
  seen.statuses.push(await text(engineer, "h1"));
  await operator.goto(`${above}/versions/${version}`);
  await operator.click("form[action$='/approve'] button");
  seen.statuses.push(await text(operator, "h1"));
  await operator.click(`a[href$='/platforms/${organization}']`);
  await operator.fill("#reason", "asked");
  await operator.click("form[action$='/suspend'] button");
  seen.statuses.push(await text(operator, "[role=status]"));
  await operator.click("form[action$='/resume'] button");
  seen.statuses.push(await text(operator, "[role=status]"));
  for (const page of [engineer, operator]) await page.context().close();
}

// Every page and state, at two widths, in two languages and two colour schemes.
for (const [label, options] of [
  ["desk", { viewport: { width: 1100, height: 800 } }],
  ["phone", { viewport: { width: 320, height: 740 }, colorScheme: "dark", locale: "sv-SE" }],
]) {
  const page = await open({ ...options, bypassCSP: true });
  await signIn(page, "alex");
  for (const platform of ["lyft", "bolt", "wolt", "nowhere"]) {
    await page.goto(`${issuer}/link/${platform}`);
    await look(page, `${label}-link-${platform}`);
  }
  await page.goto(`${issuer}/link/bolt`);
  await page.fill("#value", "nobody@sandbox.example");
  await page.click("main form button");
  await look(page, `${label}-prove`);
  await page.fill("#code", "AAAA-AAAA");
  await page.click("main form button");
  await look(page, `${label}-prove-wrong`);
  await page.goto(`${issuer}/link/wolt`);
  await page.setInputFiles("#file", uploads.at(-1).file);
  await page.click("main form button");
  await look(page, `${label}-upload-refused`);
  await page.goto(`${issuer}/link/uber`);
  await page.click("main form button");
  await page.click("button[name=deny]");
  await look(page, `${label}-link-denied`);

  await page.goto(base);
  await look(page, `${label}-overview`);
  await page.fill("#sdl", broken);
  await page.locator("main details").evaluate((details) => (details.open = true));
  await look(page, `${label}-overview-opened`);
  await page.click("button[value=check]");
  await look(page, `${label}-check-refused`);
  await page.fill("#sdl", settings.next);
  await page.locator("main details").evaluate((details) => (details.open = true));
  await page.fill("#connect", "seller");
  await page.fill("#answer", answer);
  await page.click("button[value=check]");
  await look(page, `${label}-check-changes`);
  for (const path of [`/versions/${version}`, `/versions/${settings.waiting}`, "/versions/999999", `/platforms/${organization}`]) {
    await page.goto(base + path);
    await look(page, `${label}-engineer${path.replaceAll(/\W+/g, "-")}`);
  }
  await page.context().close();

  const operator = await open({ ...options, bypassCSP: true });
  await signIn(operator, "robin");
  for (const path of ["", `/versions/${settings.waiting}`, `/platforms/${organization}`]) {
    await operator.goto(above + path);
    await look(operator, `${label}-operator${path.replaceAll(/\W+/g, "-")}`);
  }
  await operator.context().close();
}

await close();

// The console in Chromium. Settings come on standard input; one JSON object goes to standard output.
import { close, look, open, seen, settings } from "./looking.mjs";

const { issuer } = settings;

async function signIn(page, key, next = "/console") {
  await page.goto(`${issuer}/sign-in?again=1&next=${next}`);
  await page.click(`button[name=persona][value=${key}]`);
  await page.waitForURL(`**${next}`);
}

for (const [label, options] of [
  ["console-desk", { viewport: { width: 1100, height: 800 } }],
  ["console-phone", { viewport: { width: 320, height: 740 }, colorScheme: "dark", locale: "sv-SE" }],
]) {
  const page = await open({ ...options, bypassCSP: true });
  await page.goto(`${issuer}/sign-up?next=/console`);
  await look(page, `${label}-sign-up`);
  await signIn(page, "ada");
  for (const path of settings.paths.ada) {
    await page.goto(issuer + path);
    for (const summary of await page.locator("main summary").all()) await summary.click();
    await look(page, `${label}${path.replaceAll(/[0-9a-f]{32}/g, "x").replace(/\W+/g, "-")}`);
  }
  await page.goto(`${issuer}/console/${settings.organization}/people`);
  await page.click("form[action$='/people/invite'] button");
  await look(page, `${label}-invitation-made`);
  const link = (await page.locator("p.code").textContent()).trim();
  await page.goto(`${issuer}/console/${settings.organization}/clients`);
  await page.click("form[action$='/registration-token'] button");
  await look(page, `${label}-registration-token`);
  await page.fill("#name", "Made in a browser");
  await page.click("form[action$='/clients'] button");
  await look(page, `${label}-secret`);
  await page.goto(`${issuer}/console/${settings.organization}/clients`);
  await page.fill("#name", "Wrong");
  await page.fill("#redirect_uris", "http://evil.example/");
  await page.click("form[action$='/clients'] button");
  await look(page, `${label}-client-refused`);
  await page.context().close();

  const other = await open({ ...options, bypassCSP: true });
  await signIn(other, "dee", new URL(link).pathname);
  await look(other, `${label}-invitation`);
  await signIn(other, "bo");
  for (const path of settings.paths.bo) {
    await other.goto(issuer + path);
    await look(other, `${label}${path.replaceAll(/[0-9a-f]{32}/g, "x").replace(/\W+/g, "-")}`);
  }
  await other.goto(`${issuer}/console/${settings.organization}`);
  await look(other, `${label}-not-there`);
  await other.context().close();
}

// Without JavaScript and with the page's own policy: invite, join, ask to go live, approve.
{
  const ada = await open({ javaScriptEnabled: false });
  await signIn(ada, "ada");
  await ada.goto(`${issuer}/console/${settings.organization}/people`);
  await ada.selectOption("form[action$='/people/invite'] select", "owner");
  await ada.click("form[action$='/people/invite'] button");
  const link = (await ada.locator("p.code").textContent()).trim();
  const cy = await open({ javaScriptEnabled: false });
  await signIn(cy, "cy", new URL(link).pathname);
  await cy.click("main form button");
  await cy.waitForURL(`**/console/${settings.organization}`);
  await cy.click("nav.tabs a[href$='/live']");
  await cy.fill("#contact", "somebody@else.example");
  await cy.click("form[action$='/live'] button.button");
  seen.asked = (await cy.locator("p.notice").first().textContent()).replace(/\s+/g, " ").trim();
  const bo = await open({ javaScriptEnabled: false });
  await signIn(bo, "bo");
  await bo.goto(`${issuer}/console/operator/requests`);
  await bo.click("ul.rows a:has-text('Ada Staffing')");
  await bo.click("button[value=approve]");
  await bo.waitForURL("**/console/operator/requests");
  await cy.goto(`${issuer}/console/${settings.organization}`);
  seen.live = await cy.locator(".tag.good").first().textContent();
  await bo.goto(`${issuer}/console/operator/history`);
  seen.last = (await bo.locator("tbody tr").first().locator("td").nth(2).textContent()).trim();
}

await close();

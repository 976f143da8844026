// The console in Chromium, as people go through it. Settings come on standard input; one JSON object goes to standard output.
import { close, open, seen, settings } from "./looking.mjs";

const { issuer } = settings;

async function signIn(page, key, next = "/console") {
  await page.goto(`${issuer}/sign-in?again=1&next=${next}`);
  await page.click(`button[name=persona][value=${key}]`);
  await page.waitForURL(`**${next}`);
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

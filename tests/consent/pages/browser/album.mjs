// Pages that were answered without a browser, each looked at. Settings come on standard input; what is wrong goes out.
import fs from "node:fs";
import { browser, close, look, seen, settings } from "./looking.mjs";

Object.assign(seen, { keyboard: [], unreadable: [], looked: 0 });
const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };

// A phone, the narrowest of WCAG 1.4.10. The script of a page stays away: what it adds is looked at in pages.mjs.
const context = await browser.newContext({ viewport: { width: 320, height: 740 }, bypassCSP: true });
const page = await context.newPage();
let current;
await page.route("**/*", (route) => {
  const { pathname } = new URL(route.request().url());
  if (route.request().isNavigationRequest()) return route.fulfill({ status: 200, contentType: "text/html", body: current.html });
  const file = `${settings.assets}/${pathname.replace("/assets/", "")}`;
  if (!pathname.startsWith("/assets/") || pathname.endsWith(".js") || !fs.existsSync(file)) return route.abort();
  return route.fulfill({ contentType: types[file.split(".").pop()], body: fs.readFileSync(file) });
});

// Everything that can be pressed or filled in is reached by Tab, in its order, and shows that it has the focus.
async function byKeyboard(name) {
  const { stops: wanted, inner } = await page.evaluate(() => {
    const found = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
    const visible = [...found].filter((element) => element.checkVisibility({ visibilityProperty: true }));
    window.stops = [];
    document.addEventListener("focusin", ({ target }) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(target);
      const shown = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
      window.stops.push({ index: visible.indexOf(target), shown, html: target.outerHTML.slice(0, 100) });
    });
    document.activeElement.blur();
    return { stops: visible.length, inner: 3 * visible.filter((element) => element.type === "date").length };
  });
  await Promise.all(Array.from({ length: wanted + inner }, () => page.keyboard.press("Tab")));
  const stops = await page.evaluate(() => window.stops);
  const missed = stops.findIndex((stop, index) => stop.index !== index);
  if (missed !== -1 || stops.length !== wanted) seen.keyboard.push(`${name}: ${stops.length} of ${wanted}, ${stops[missed]?.html}`);
  for (const stop of stops) if (!stop.shown) seen.keyboard.push(`${name}: the focus cannot be seen on ${stop.html}`);
}

for (const each of settings.pages) {
  current = { ...each, html: each.html.replace(/<meta http-equiv="refresh"[^>]*>/, "").replace(" autofocus", "") };
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(each.url);
  await byKeyboard(each.name);
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  await look(page, each.name);
  await page.emulateMedia({ colorScheme: "dark" });
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["color-contrast"] }));
  for (const violation of violations) seen.unreadable.push(`${each.name} in the dark: ${violation.nodes[0].html.slice(0, 100)}`);
  seen.looked += 1;
}
await close();

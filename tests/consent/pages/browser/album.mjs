// Pages that were answered without a browser, each looked at. Settings come on standard input; what is wrong goes out.
import fs from "node:fs";
import { browser, close, look, measure, seen, settings } from "./looking.mjs";

Object.assign(seen, { keyboard: [], unreadable: [], looked: 0 });
const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };

// A phone, the narrowest of WCAG 1.4.10, and a desk. The script of a page stays away: what it adds is looked at in pages.mjs.
const phone = { width: 320, height: 740 };
const desk = { width: 1100, height: 800 };

// A page of a browser of its own that opens what is given to it, at the address where it was answered.
async function reader() {
  const page = await (await browser.newContext({ viewport: phone, bypassCSP: true })).newPage();
  let current;
  await page.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    if (route.request().isNavigationRequest()) return route.fulfill({ status: 200, contentType: "text/html", body: current.html });
    const file = `${settings.assets}/${pathname.replace("/assets/", "")}`;
    if (!pathname.startsWith("/assets/") || pathname.endsWith(".js") || !fs.existsSync(file)) return route.abort();
    return route.fulfill({ contentType: types[file.split(".").pop()], body: fs.readFileSync(file) });
  });
  return { page, read: (each) => ((current = each), page.goto(each.url)) };
}

// Everything that can be pressed or filled in is reached by Tab, in its order, and shows that it has the focus.
async function byKeyboard(page, name) {
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

async function lookAt({ page, read }, each) {
  await read({ ...each, html: each.html.replace(/<meta http-equiv="refresh"[^>]*>/, "").replace(" autofocus", "") });
  if (!each.briefly) await byKeyboard(page, each.name);
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  if (each.briefly) return measure(page, each.name);
  await look(page, each.name);
  await page.emulateMedia({ colorScheme: "dark" });
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["color-contrast"] }));
  for (const violation of violations) seen.unreadable.push(`${each.name} in the dark: ${violation.nodes[0].html.slice(0, 100)}`);
  await page.emulateMedia({ colorScheme: "light" });
  if (!settings.shots && !each.html.includes("<table")) return; // what is no table is laid out as on a phone
  await page.setViewportSize(desk);
  await look(page, `${each.name}-desk`);
  await page.setViewportSize(phone);
}

// Two at a time: a page is waited for more than it is worked on.
const waiting = settings.pages.filter((each) => !each.briefly || settings.shots);
const brief = settings.pages.filter((each) => !waiting.includes(each));

// Those that are measured only, twenty side by side in frames as wide as a phone.
async function measureTogether({ page, read }, group) {
  await read({ url: group[0].url, html: "<!doctype html><title>Frames</title>" });
  const wide = await page.evaluate(
    ([group, { width, height }]) =>
      Promise.all(
        group.map(async ({ name, html }) => {
          const frame = Object.assign(document.createElement("iframe"), { width, height, srcdoc: html, style: "border: 0" });
          await new Promise((loaded) => (frame.onload = loaded) && document.documentElement.append(frame));
          frame.contentDocument.querySelectorAll("details").forEach((each) => (each.open = true));
          return [name, frame.contentDocument.documentElement.scrollWidth, frame.contentWindow.innerWidth];
        }),
      ),
    [group, phone],
  );
  for (const [name, content, frame] of wide) if (content > frame || frame !== phone.width) seen.overflows.push(`${name}: ${content},${frame}`);
  seen.looked += group.length;
}

await Promise.all(
  [await reader(), await reader()].map(async (one) => {
    for (let each; (each = waiting.shift()); seen.looked += 1) await lookAt(one, each);
    while (brief.length) await measureTogether(one, brief.splice(0, 20));
  }),
);
await close();

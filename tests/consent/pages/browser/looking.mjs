// Chromium, and a look at a page in it: axe, the width, and a picture when a folder is named.
import fs from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// What comes on standard input.
export const settings = JSON.parse(await new Response(process.stdin).text());

export const browser = await chromium.launch({
  executablePath: settings.chromium,
  args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), ...quiet],
});

// What is wrong, and what was asked for; goes to standard output.
export const seen = { violations: [], overflows: [] };

// A page of a browser of its own, whose requests, and complaints about the policy, are seen.
export async function open(options = {}) {
  seen.policy ??= [];
  seen.requests ??= new Set();
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) seen.policy.push(message.text());
  });
  page.on("request", (request) => seen.requests.add(new URL(request.url()).origin));
  return page;
}

// Axe is injected past the page's policy: the page's context must ignore it.
export async function look(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const violation of violations) seen.violations.push(`${name}: ${violation.id} ${violation.nodes[0].html.slice(0, 100)}`);
  await measure(page, name);
}

// Whether a page is wider than its window, and a picture of it.
export async function measure(page, name) {
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (width[0] > width[1]) seen.overflows.push(`${name}: ${width}`);
  if (settings.shots) await page.screenshot({ path: `${settings.shots}/${name}.png`, fullPage: true });
}

export async function close() {
  await browser.close();
  console.log(JSON.stringify({ ...seen, ...(seen.requests && { requests: [...seen.requests].sort() }) }));
}

// A look at a page: axe, the width, and a picture when a folder is named. What is found goes into `seen`.
import fs from "node:fs";
import { createRequire } from "node:module";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Axe is injected past the page's policy: the page's context must ignore it.
export function looker(seen, shots) {
  return async (page, name) => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    for (const violation of violations) seen.violations.push(`${name}: ${violation.id} ${violation.nodes[0].html.slice(0, 100)}`);
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    if (width[0] > width[1]) seen.overflows.push(`${name}: ${width}`);
    if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
}

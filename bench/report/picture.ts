import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Page } from 'puppeteer';
import { launchBrowser } from '../../src/cli/browser';

/** Text of an SVG file. */
export const drawSvg = (spec: TopLevelSpec): Promise<string> =>
  new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();

const MARGIN = 18;

/** In the page: cuts the drawing to what is on it; without a browser, Vega had to guess how wide text is. */
function crop(margin: number): { readonly svg: string; readonly width: number; readonly height: number } {
  const svg = document.querySelector('svg') as SVGSVGElement;
  // The background fills what was guessed.
  svg.querySelector(':scope > rect')?.remove();
  const { x, y, width, height } = svg.getBBox();
  const size = [Math.ceil(width + 2 * margin), Math.ceil(height + 2 * margin)] as const;
  svg.setAttribute('viewBox', [x - margin, y - margin, ...size].join(' '));
  svg.setAttribute('width', `${size[0]}`);
  svg.setAttribute('height', `${size[1]}`);
  svg.style.background = 'white';
  return { svg: svg.outerHTML, width: size[0], height: size[1] };
}

/** A drawing, cut to what is on it, as text and in the page. */
export async function cropTo(page: Page, drawn: string): Promise<ReturnType<typeof crop>> {
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${drawn}`);
  return page.evaluate(crop, MARGIN);
}

/**
 * Writes each picture as `<name>.svg` and, as a browser shows it at twice the size, `<name>.png`.
 * @returns the names of the files
 */
export async function writePictures(
  folder: string,
  pictures: Readonly<Record<string, TopLevelSpec>>,
  browserPath: string | undefined,
): Promise<string[]> {
  const files: string[] = [];
  const browser = await launchBrowser(browserPath === undefined ? {} : { executablePath: browserPath });
  try {
    const page = await browser.newPage();
    for (const [name, spec] of Object.entries(pictures)) {
      const { svg, width, height } = await cropTo(page, await drawSvg(spec));
      writeFileSync(join(folder, `${name}.svg`), svg);
      await page.setViewport({ width, height, deviceScaleFactor: 2 });
      writeFileSync(join(folder, `${name}.png`), await page.screenshot());
      files.push(`${name}.svg`, `${name}.png`);
    }
    return files;
  } finally {
    await browser.close();
  }
}

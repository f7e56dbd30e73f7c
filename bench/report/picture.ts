import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { launchBrowser } from '../../src/cli/browser';

/** Text of an SVG file. */
export const drawSvg = (spec: TopLevelSpec): Promise<string> =>
  new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();

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
      const svg = await drawSvg(spec);
      writeFileSync(join(folder, `${name}.svg`), svg);
      const [width = 800, height = 600] = [/width="([\d.]+)"/, /height="([\d.]+)"/].map((size) =>
        Math.ceil(Number(size.exec(svg)?.[1])),
      );
      await page.setViewport({ width, height, deviceScaleFactor: 2 });
      await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
      writeFileSync(join(folder, `${name}.png`), await page.screenshot());
      files.push(`${name}.svg`, `${name}.png`);
    }
    return files;
  } finally {
    await browser.close();
  }
}

// `npm run tutorial`: draws what src/models/tutorial shows, from graphs, plans and runs of networks.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { launchBrowser } from '../../src/cli/browser';
import { EngineError } from '../../src/core/errors';
import { openBrowserHost } from '../host/browser_host';
import { cropTo, drawSvg } from '../report/picture';
import { gradientChart, networkChart, stepChart, trafficChart } from './charts';
import { moduleDrawing } from './module';

const FOLDER = 'src/models/tutorial';
const RATES = Array.from({ length: 25 }, (_, index) => index * 0.0004);

/** @returns the exit code */
export async function main(): Promise<number> {
  try {
    const host = await openBrowserHost({
      runtime: 'browser',
      headed: false,
      onProgress: (progress) => console.log(progress),
    });
    const results = await host.run('tutorial', { rates: RATES }).finally(() => host.close());
    await draw({
      traffic: trafficChart(),
      gradients: gradientChart(results),
      network: networkChart(),
      step: stepChart(results, RATES),
    });
    writeFileSync(join(FOLDER, 'module.svg'), moduleDrawing());
    return 0;
  } catch (error) {
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

async function draw(charts: Readonly<Record<string, TopLevelSpec>>): Promise<void> {
  const browser = await launchBrowser({});
  try {
    const page = await browser.newPage();
    for (const [name, spec] of Object.entries(charts)) {
      const { svg } = await cropTo(page, await drawSvg(spec));
      writeFileSync(join(FOLDER, `${name}.svg`), `${svg}\n`);
    }
  } finally {
    await browser.close();
  }
}

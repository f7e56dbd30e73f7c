// A process that opens a browser with a page that is busy, prints the numbers of the browser's processes, and stays.
import { launchBrowser } from '../../src/cli/browser';

export async function main(): Promise<never> {
  const browser = await launchBrowser();
  const session = await browser.target().createCDPSession();
  const [page = await browser.newPage()] = await browser.pages();
  void page.evaluate(() => {
    for (;;);
  });
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  console.log(JSON.stringify(processInfo.map(({ id }) => id)));
  return new Promise(() => undefined);
}

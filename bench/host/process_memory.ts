import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'puppeteer';

/** Bytes of memory by what holds them. */
export type ProcessMemory = Readonly<Record<string, number>>;

/** A page's JavaScript heap after a collection, and on Linux what its browser's processes have resident. */
export async function browserMemory(browser: Browser, page: Page): Promise<ProcessMemory> {
  const ofPage = await page.createCDPSession();
  await ofPage.send('HeapProfiler.collectGarbage');
  const { JSHeapUsedSize = NaN } = await page.metrics();
  await ofPage.detach();
  const memory: Record<string, number> = { 'JavaScript heap': JSHeapUsedSize };
  if (process.platform !== 'linux') return memory;
  const ofBrowser = await browser.target().createCDPSession();
  const { processInfo } = await ofBrowser.send('SystemInfo.getProcessInfo');
  await ofBrowser.detach();
  for (const { type, id } of processInfo) {
    if (type === 'GPU' || type === 'renderer') {
      const name = `${type} process`;
      memory[name] = (memory[name] ?? 0) + residentBytes(id);
    }
  }
  return memory;
}

function residentBytes(pid: number): number {
  const [, kilobytes = NaN] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

// The button that checks the GPU, by keyboard alone, in a window as narrow as a telephone.
import type { Page } from 'puppeteer';
import { afterAll, describe, expect, it } from 'vitest';
import { OwnBrowser } from '../support/own_browser';

const browser = new OwnBrowser();
afterAll(() => browser.close());

const WIDTH = 360;

/** The page with the panel, a few checks in it. */
async function open(search = ''): Promise<Page> {
  const { page } = await browser.tab(`files/test/support/doctor_page.html${search}`);
  await page.setViewport({ width: WIDTH, height: 740 });
  await page.waitForSelector('#doctor button');
  return page;
}

/** What the panel shows. */
const shown = (page: Page) =>
  page.evaluate(() => {
    const section = document.getElementById('doctor')!;
    const visible = (selector: string) =>
      [...section.querySelectorAll<HTMLElement>(selector)].filter((element) => !element.hidden);
    const status = section.querySelector('p[role]')!;
    return {
      buttons: visible('button').map(({ textContent }) => textContent),
      status: status.textContent,
      role: status.getAttribute('role'),
      text: visible('pre').map(({ textContent }) => textContent),
      progress: visible('progress').length,
      focused: document.activeElement?.textContent ?? '',
      pageWidth: document.documentElement.scrollWidth,
      lowest: Math.min(...visible('button').map((button) => button.getBoundingClientRect().height)),
    };
  });

/** Until the panel's sentence is one of these. */
const said = (page: Page, pattern: string) =>
  page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.querySelector('#doctor p[role]')!.textContent),
    {},
    pattern,
  );

describe('the button that checks the GPU', () => {
  it('is reached and pressed by keyboard, tells what was found, and has it copied', async () => {
    const page = await open();
    expect(await shown(page)).toMatchObject({
      buttons: ['Check this GPU'],
      status: '',
      text: [],
      progress: 0,
    });
    await page.keyboard.press('Tab');
    expect((await shown(page)).focused).toBe('Check this GPU');
    await page.keyboard.press('Enter');
    await said(page, '^This GPU ');
    const found = await shown(page);
    expect(found).toMatchObject({
      buttons: ['Check this GPU', 'Copy the text'],
      status: 'This GPU computes what it should.',
      role: 'status',
      progress: 0,
      pageWidth: WIDTH,
    });
    expect(found.text[0]).toMatch(
      /^inception-webgpu \d+\.\d+\.\d+: .* computes what it should\n\nadapter +vendor /,
    );
    expect(found.text[0]).toMatch(/\n5 checks, .*: 5 right, 0 wrong, 0 refused; \d+ s$/);
    expect(found.lowest).toBeGreaterThanOrEqual(40);

    await page.keyboard.press('Tab');
    expect((await shown(page)).focused).toBe(found.text[0]);
    expect(await page.$('::-p-aria([name="what was found"][role="group"])')).not.toBeNull();
    await page.keyboard.press('Tab');
    expect((await shown(page)).focused).toBe('Copy the text');
    const { origin } = new URL(page.url());
    await page.browserContext().setPermission(
      origin,
      ...['clipboard-read', 'clipboard-write'].map((name) => ({
        permission: { name },
        state: 'granted' as const,
      })),
    );
    await page.keyboard.press('Space');
    await said(page, '^Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(found.text[0]);
    await page.close();
  });

  it('selects the text where the page may not copy it', async () => {
    const page = await open();
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));
    });
    await page.click('#doctor button');
    await said(page, '^This GPU ');
    await page.click('#doctor > button');
    await said(page, '^The text is selected: copy it with the keyboard.$');
    const selected = await page.evaluate(() => getSelection()?.toString());
    expect(selected).toMatch(/^inception-webgpu .*computes what it should/);
    await page.close();
  });

  it('says so where the GPU is wrong, and names what', async () => {
    const page = await open('?wrong');
    await page.click('#doctor button');
    await said(page, '^This GPU ');
    const { status, text, pageWidth } = await shown(page);
    expect(status).toBe('This GPU does not compute what it should: please report it, with the text below.');
    expect(text[0]).toMatch(/does NOT compute what it should\n[^]*\nWrong:\n[^]*\nadd +forward /);
    expect(pageWidth).toBe(WIDTH);
    await page.close();
  });

  it('stops the check when it is pressed again', async () => {
    const page = await open('?hold');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await said(page, '^0 of 3; next: add/');
    expect(await shown(page)).toMatchObject({
      buttons: ['Stop the check'],
      focused: 'Stop the check',
      progress: 1,
      pageWidth: WIDTH,
    });
    await page.keyboard.press('Space');
    await page.waitForFunction(() => window.goOn);
    await page.evaluate(() => window.goOn?.());
    await said(page, '^Stopped by you.$');
    expect(await shown(page)).toMatchObject({ buttons: ['Check this GPU'], text: [], progress: 0 });
    await page.close();
  });

  it('raises an alarm where there is no GPU', async () => {
    const page = await open();
    await page.evaluate(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
    await page.click('#doctor button');
    await said(page, 'WebGPU');
    const { role, status, buttons, pageWidth } = await shown(page);
    expect(role).toBe('alert');
    expect(status).toMatch(/^WebGPU: /);
    expect(buttons).toEqual(['Check this GPU']);
    expect(pageWidth).toBe(WIDTH);
    await page.close();
  });
});

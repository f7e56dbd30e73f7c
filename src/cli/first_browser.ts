import { BrowserError } from './browser_find';

/**
 * Opens the first of these browsers that can be opened.
 * @param tell hears of each that cannot, where another is tried
 * @throws {BrowserError} if none can, with what each said
 */
export async function openFirst<Page>(
  paths: readonly string[],
  open: (path: string) => Promise<Page>,
  tell: (sentence: string) => void,
): Promise<Page> {
  const failures: BrowserError[] = [];
  for (const [index, path] of paths.entries()) {
    try {
      return await open(path);
    } catch (error) {
      if (!(error instanceof BrowserError)) throw error;
      if (paths.length === 1) throw error;
      failures.push(error);
      const next = paths[index + 1];
      if (next !== undefined) tell(`${error.message}; trying ${next}`);
    }
  }
  const said = failures.map(({ where, problem, got = '' }) => `${where} ${problem} (${got})`).join(', ');
  const advice = 'install Chrome or Chromium, or set INCEPTION_BROWSER to one that has WebGPU';
  throw new BrowserError('browser', `none of the ${paths.length} found works`, said, advice);
}

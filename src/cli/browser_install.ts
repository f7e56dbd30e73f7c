import { BrowserError, findBrowser, onPath, type System } from './browser_find';

interface Installer {
  readonly name: string;
  readonly commands: readonly (readonly [program: string, ...args: string[]])[];
}

// Fonts, because the page draws text and a bare machine has none.
const APT: Installer = {
  name: 'apt-get install chromium',
  commands: [
    ['apt-get', '-q', 'update'],
    ['apt-get', '-q', 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
  ],
};

/**
 * The path of a browser, which is installed first where there is none: on Debian and its kin by apt-get if that is
 * allowed (it brings the libraries a browser needs), else, or if that fails, by puppeteer's own download.
 *
 * @param cli the script of puppeteer's command line; undefined where that is not installed
 * @throws BrowserError naming everything that was tried
 */
export async function ensureBrowser(system: System, cli: string | undefined): Promise<string> {
  const found = findBrowser(system);
  if (found.path !== undefined) return found.path;

  const tried = [...found.tried];
  for (const installer of installers(system, cli)) {
    system.say(`No browser found; installing one: ${installer.name}. This happens once.`);
    const failure = await install(system, installer);
    const { path } = findBrowser(system);
    if (path !== undefined) return path;
    tried.push(`${installer.name} (${failure ?? 'succeeded, but no browser is where it was expected'})`);
  }
  const advice =
    'install Chrome or Chromium (Debian: apt-get install chromium), or set INCEPTION_BROWSER to its path';
  throw new BrowserError('browser', 'none found, and none could be installed', tried.join(', '), advice);
}

function installers(system: System, cli: string | undefined): Installer[] {
  const name = 'puppeteer browsers install chrome';
  const puppeteer =
    cli === undefined
      ? []
      : ([{ name, commands: [['node', cli, 'browsers', 'install', 'chrome']] }] satisfies Installer[]);
  const debian =
    system.isFile('/etc/debian_version') && onPath(system, ['apt-get']).some((path) => system.isFile(path));
  return system.platform === 'linux' && system.root && debian ? [APT, ...puppeteer] : puppeteer;
}

/** Undefined where all went well, else what failed. */
async function install(system: System, installer: Installer): Promise<string | undefined> {
  for (const [program, ...args] of installer.commands) {
    const status = await system.run(program, args);
    if (status !== 0) return `${[program, ...args].slice(0, 3).join(' ')} ended with status ${status}`;
  }
  return undefined;
}

import { posix, win32 } from 'node:path';
import { EngineError } from '../core/errors';

/** No usable browser: none is installed and none could be, or the one that was named does not start. */
export class BrowserError extends EngineError {
  override readonly name: string = 'BrowserError';
}

/** What the search asks of the machine; tests hand in another one. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly root: boolean;
  isFile(path: string): boolean;
  /** Where puppeteer's own download lies, or would lie; undefined where this platform has none. */
  puppeteerPath(): string | undefined;
  /** Runs a program with its output shown, and gives its exit status. */
  run(program: string, args: readonly string[]): Promise<number>;
  /** Tells the user what is being done. */
  say(sentence: string): void;
}

export interface Found {
  /** The preferred executable; undefined where there is none. */
  readonly path: string | undefined;
  /** All of them, the preferred first: one may turn out to be no browser. */
  readonly paths: readonly string[];
  /** What was looked at in vain, in words. */
  readonly tried: readonly string[];
}

const VARIABLES = ['INCEPTION_BROWSER', 'PUPPETEER_EXECUTABLE_PATH'];
const NAMES = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser', 'chrome'];

/**
 * Looks for a browser: the one an environment variable names, then an installed Chrome or Chromium, then puppeteer's own.
 *
 * @throws BrowserError where a variable names a file that does not exist: another browser in its place would surprise
 */
export function findBrowser(system: System): Found {
  for (const variable of VARIABLES) {
    const path = system.env[variable];
    if (path === undefined || path === '') continue;
    if (system.isFile(path)) return { path, paths: [path], tried: [] };
    throw new BrowserError(variable, 'names no file', path, 'correct it or unset it');
  }
  const downloaded = system.puppeteerPath();
  const places = [
    ...onPath(system),
    ...usualPlaces(system),
    ...(downloaded === undefined ? [] : [downloaded]),
  ];
  const paths = [...new Set(places)].filter((path) => system.isFile(path));
  if (paths.length > 0) return { path: paths[0], paths, tried: [] };
  return {
    path: undefined,
    paths,
    tried: [
      `${VARIABLES.join(' and ')} (unset)`,
      'Chrome and Chromium on PATH and in the usual places (none)',
      `puppeteer's download (none${downloaded === undefined ? '' : ` at ${downloaded}`})`,
    ],
  };
}

/** Each place on PATH where `names` could lie. */
export function onPath(system: System, names: readonly string[] = NAMES): string[] {
  const windows = system.platform === 'win32';
  const style = windows ? win32 : posix;
  const path = system.env['PATH'] ?? system.env['Path'] ?? '';
  const folders = path.split(style.delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((name) => style.join(folder, windows ? `${name}.exe` : name)));
}

function usualPlaces(system: System): string[] {
  if (system.platform === 'darwin') {
    return ['/Applications', posix.join(system.home, 'Applications')].flatMap((folder) =>
      ['Google Chrome', 'Chromium'].map((name) => posix.join(folder, `${name}.app/Contents/MacOS/${name}`)),
    );
  }
  if (system.platform === 'win32') {
    return ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA']
      .map((variable) => system.env[variable])
      .filter((folder) => folder !== undefined)
      .flatMap((folder) =>
        ['Google\\Chrome', 'Chromium'].map((name) => win32.join(folder, name, 'Application\\chrome.exe')),
      );
  }
  const folders = ['/usr/bin', '/usr/local/bin', '/opt/google/chrome', '/snap/bin'];
  return folders.flatMap((folder) => NAMES.map((name) => posix.join(folder, name)));
}

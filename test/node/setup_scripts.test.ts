// Every script that sets a machine up, on machines that lack what it brings. Nothing is installed and nothing fetched.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { system } from '../../src/cli/browser';
import { ensureBrowser } from '../../src/cli/browser_install';
import { BareMachine } from '../support/bare_machine';

let machine: BareMachine | undefined;
afterEach(() => {
  machine?.remove();
  machine = undefined;
  vi.unstubAllEnvs();
});

function bare(state: Readonly<Record<string, string>>, without: readonly string[] = []): BareMachine {
  machine = new BareMachine(state, without);
  return machine;
}

const BOOKWORM = { offered: '22.3.6-1', targets: 'Debian Debian http://mirror.example/debian bookworm' };
const UPDATE = 'apt-get -q update -o APT::Update::Error-Mode=any';
const INSTALL = 'apt-get -q install -y --no-install-recommends';

describe('bench/dawn/install_mesa.sh', () => {
  const SCRIPT = 'bench/dawn/install_mesa.sh';

  it.each(['25.0.7-2~bpo12+1', '1:26.1.0-1'])('does nothing where Mesa %s is installed', (installed) => {
    const found = bare({ installed });
    expect(found.run(SCRIPT)).toEqual({ code: 0, out: '', err: '' });
    expect(found.log).toEqual([]);
  });

  it.each([{}, { installed: '24.2.8-1' }])('takes what apt offers, if that will do: %o', (state) => {
    const found = bare({ ...state, offered: '25.2.1-1' });
    expect(found.run(SCRIPT)).toMatchObject({ code: 0, err: '' });
    expect(found.log).toEqual([UPDATE, `${INSTALL} mesa-vulkan-drivers`]);
    expect(found.file('sources/bookworm-backports.list')).toBeUndefined();
  });

  it("takes Debian's backports from the mirror that apt uses", () => {
    const found = bare({ ...BOOKWORM, backports: '25.0.7-2~bpo12+1' });
    expect(found.run(SCRIPT)).toEqual({
      code: 0,
      out: 'Installing mesa-vulkan-drivers 25.0.7-2~bpo12+1. This happens once.\n',
      err: '',
    });
    expect(found.log).toEqual([UPDATE, UPDATE, `${INSTALL} -t bookworm-backports mesa-vulkan-drivers`]);
    expect(found.file('sources/bookworm-backports.list')).toMatch(
      /^deb (\[signed-by=\S+\] )? ?http:\/\/mirror\.example\/debian bookworm-backports main$/,
    );
    expect(found.run(SCRIPT)).toEqual({ code: 0, out: '', err: '' });
  });

  it('adds no source where apt has the backports already', () => {
    const found = bare({ ...BOOKWORM, backports: '25.0.7-2', 'sources/bookworm-backports.list': 'theirs' });
    expect(found.run(SCRIPT).code).toBe(0);
    expect(found.log).toEqual([UPDATE, `${INSTALL} -t bookworm-backports mesa-vulkan-drivers`]);
    expect(found.file('sources/bookworm-backports.list')).toBe('theirs');
  });

  it.each<[string, Record<string, string>, string[], string]>([
    ['without apt', {}, ['apt-get', 'apt-cache', 'dpkg-query'], 'there is no apt-get here'],
    ['as another user without sudo', { user: '1000' }, ['sudo'], 'it takes root, and there is no sudo'],
    [
      'where sudo asks for a password',
      { user: '1000', offered: '25.2.1-1' },
      [],
      'apt-get install fails: sudo: a password is required',
    ],
    [
      'on another distribution',
      { offered: '24.2.8-1' },
      [],
      'apt offers 24.2.8-1, and this is no Debian that has backports',
    ],
    [
      'where no list can be fetched',
      { 'update-fails': 'Err:1\nE: Failed to fetch it\nE: Some index files failed' },
      [],
      'apt offers (none), and this is no Debian that has backports; apt-get update fails: E: Failed to fetch it',
    ],
    [
      'where the backports are too old',
      { ...BOOKWORM, backports: '23.1.0' },
      [],
      'bookworm-backports offers 23.1.0',
    ],
    [
      'where packages cannot be fetched',
      { offered: '25.2.1-1', 'install-fails': 'Err:1\nE: Failed to fetch it' },
      [],
      'apt-get install fails: E: Failed to fetch it',
    ],
  ])('says in one line why it cannot: %s', (_where, state, without, reason) => {
    const found = bare(state, without);
    expect(found.run(SCRIPT)).toMatchObject({ code: 1, err: `Mesa 25 cannot be installed: ${reason}\n` });
    expect(found.file('sources/bookworm-backports.list')).toBeUndefined();
  });
});

describe('bench/isa/setup.sh', () => {
  /** A copy, for it goes by its own folder. */
  function setUp(found: BareMachine) {
    mkdirSync(join(found.folder, 'bench/isa'), { recursive: true });
    cpSync('bench/isa/setup.sh', join(found.folder, 'bench/isa/setup.sh'));
    return found.run(join(found.folder, 'bench/isa/setup.sh'));
  }

  it('ends with a word where there is no apt', () => {
    const err = 'bench isa: takes Debian; there is no apt-get here\n';
    expect(setUp(bare({}, ['apt-get']))).toEqual({ code: 1, out: '', err });
  });
});

describe('src/cli/browser_install.ts', () => {
  /** This machine, but for files: only those of the bare one, and the mark of Debian. */
  const onBare = (found: BareMachine, said: string[]) => ({
    ...system,
    platform: 'linux' as const,
    root: true,
    env: { PATH: found.bin },
    home: found.folder,
    isFile: (path: string) =>
      path === '/etc/debian_version' || (path.startsWith(found.folder) && system.isFile(path)),
    puppeteerPath: () => undefined,
    say: (sentence: string) => void said.push(sentence),
  });
  const ensure = (found: BareMachine, said: string[] = []) => {
    for (const [name, value] of Object.entries(found.env)) vi.stubEnv(name, value);
    // In place of puppeteer's: nothing is downloaded.
    const downloader = join(found.folder, 'downloader.cjs');
    writeFileSync(downloader, 'process.exit(3)');
    return ensureBrowser(onBare(found, said), downloader);
  };

  it('runs apt-get, which brings a browser', async () => {
    const found = bare({});
    const said: string[] = [];
    expect(await ensure(found, said)).toBe(join(found.bin, 'chromium'));
    expect(found.log).toEqual([
      'apt-get -q update',
      'apt-get -q install -y --no-install-recommends chromium fonts-dejavu-core',
    ]);
    expect(said).toHaveLength(1);
  });

  it.each<[string, Record<string, string>, string[], string]>([
    [
      'apt-get fails',
      { 'install-fails': '' },
      [],
      'apt-get install chromium (apt-get -q install ended with status 100)',
    ],
    ['there is no apt-get', {}, ['apt-get'], 'browsers ended with status 3)'],
  ])('names what it tried where %s', async (_what, state, without, tried) => {
    const error: unknown = await ensure(bare(state, without)).catch((reason: unknown) => reason);
    expect(String(error)).toContain('browser: none found, and none could be installed');
    expect(String(error)).toContain(tried);
  });
});

// A machine for set-up scripts: nothing on its PATH but a few tools of the shell and stand-ins for apt and dpkg.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TOOLS = ['bash', 'cat', 'dirname', 'env', 'grep', 'head', 'mkdir', 'rm', 'sed', 'sh', 'tail', 'tee'];

/**
 * What the stand-ins say, each a file of the folder `$STATE`: `user` is the number of the user; `installed` and `offered`
 * are Mesa's versions, `backports` that of a suite which apt knows once `sources` names it; `targets` is Debian's line.
 * `update-fails` and `install-fails` are apt's words if it does. Each writes what it was called with into `log`.
 */
const STUBS = {
  id: 'cat $STATE/user',
  sudo: `echo "sudo $*" >>$STATE/log; echo 'sudo: a password is required' >&2; exit 1`,
  'dpkg-query': `[ -e $STATE/installed ] || { echo 'dpkg-query: no packages found' >&2; exit 1; }
echo "installed $(cat $STATE/installed)"`,
  'apt-config': `echo "sources='$STATE/sources/'"`,
  'apt-cache': `case "$*" in
  *Default-Release=*)
    suite=\${2#*=}
    [ -e $STATE/sources/$suite.list ] || { echo 'E: such a release is not available' >&2; exit 100; }
    file=backports ;;
  *) file=offered ;;
esac
echo 'mesa-vulkan-drivers:'
if [ -e $STATE/$file ]; then echo "  Candidate: $(cat $STATE/$file)"; else echo '  Candidate: (none)'; fi`,
  'apt-get': `[ "$1" = indextargets ] && { cat $STATE/targets 2>/dev/null; exit 0; }
echo "apt-get $*" >>$STATE/log
case "$*" in
  *update*) if [ -e $STATE/update-fails ]; then cat $STATE/update-fails; exit 100; fi ;;
  *install*)
    if [ -e $STATE/install-fails ]; then cat $STATE/install-fails; exit 100; fi
    case "$*" in
      *chromium*) echo >$STATE/../bin/chromium ;;
      *-backports*) cat $STATE/backports >$STATE/installed ;;
      *mesa*) cat $STATE/offered >$STATE/installed ;;
    esac ;;
esac`,
  npm: 'echo "npm $*" >>$STATE/log',
  // It finds the Vulkan headers where `headers` is.
  cc: 'echo "cc $*" >>$STATE/log; case "$*" in *vk_layer*) [ -e $STATE/headers ] ;; esac',
} as const;

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class BareMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'inception-bare-'));
  readonly bin = join(this.folder, 'bin');
  readonly #state = join(this.folder, 'state');

  /** @param state files of `$STATE`; @param without programs that are missing */
  constructor(state: Readonly<Record<string, string>>, without: readonly string[] = []) {
    mkdirSync(this.bin);
    mkdirSync(join(this.#state, 'sources'), { recursive: true });
    for (const [name, text] of Object.entries({ user: '0', ...state }))
      writeFileSync(join(this.#state, name), `${text}\n`);
    for (const tool of TOOLS) {
      const path = ['/bin', '/usr/bin'].map((folder) => join(folder, tool)).find((file) => existsSync(file));
      if (path === undefined) throw new Error(`bare machine: there is no ${tool} here`);
      symlinkSync(path, join(this.bin, tool));
    }
    for (const [name, script] of Object.entries(STUBS))
      if (!without.includes(name))
        writeFileSync(join(this.bin, name), `#!${this.bin}/sh\n${script}\n`, { mode: 0o755 });
  }

  get env(): Readonly<Record<string, string>> {
    return { PATH: this.bin, STATE: this.#state };
  }

  run(script: string): Ran {
    const { status, stdout, stderr } = spawnSync(join(this.bin, 'bash'), [script], {
      env: this.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** A file of `$STATE`, trimmed; undefined where there is none. */
  file(name: string): string | undefined {
    const path = join(this.#state, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  }

  /** What was called, in order. */
  get log(): readonly string[] {
    return this.file('log')?.split('\n') ?? [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

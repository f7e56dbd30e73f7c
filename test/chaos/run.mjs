// `npm run chaos -- --minutes 60`: runs that are disturbed at random, for so long; nothing that was learnt may be lost.
// Every ending's sentence goes to the log. Not part of the tests: it takes as long as it is given. Linux.
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: `${Date.now() % 1e6}` },
    steps: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
});
const STEPS = Number(values.steps);
const base = mkdtempSync(join(tmpdir(), 'inception-chaos-'));
const LOG = join(base, 'chaos.log');
const SETTINGS = ['--preset', 'small', '--size', '65', '--batch', '1', '--held-out', '1', '--seed', '7'];
/** Seconds in which a run must end or get on by a step: the watchdog's minute, a new browser, kernels on a busy machine. */
const PATIENCE = 300;

// The same seed gives the same disturbances (mulberry32).
let state = Number(values.seed);
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const pick = (list) => list[Math.floor(random() * list.length)];

function tell(text) {
  const line = `${new Date().toISOString().slice(11, 19)} ${text}`;
  console.log(line);
  appendFileSync(LOG, `${line}\n`);
}

/** A run in a shell, as from a terminal: npm, the shell and the browser can each be hit. */
class Run {
  out = '';
  ended = false;
  /** Every Node process of the run: an orphan is found by its number only. */
  nodes = new Set();
  constructor(folder, resume) {
    this.folder = folder;
    this.profile = mkdtempSync(join(base, 'profile-'));
    const where = resume ? ['--resume', folder] : [...SETTINGS, '--steps', `${STEPS}`, '--out', folder];
    const flags = `--remote-debugging-port=0 --user-data-dir=${this.profile}`;
    this.child = spawn('npm', ['start', '--', ...where, '--checkpoint-every', '5'], {
      cwd: ROOT,
      detached: true, // A group of its own, as a terminal makes it.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, INCEPTION_BROWSER_ARGS: flags },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (text) => (this.out += text));
    this.exit = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => {
        this.ended = true;
        resolve(code ?? signal);
      });
    });
  }

  /** Processes of npm, Node and the browser, by what they are. */
  processes() {
    const all = execFileSync('ps', ['-e', '-o', 'pid=', '-o', 'ppid=', '-o', 'args='])
      .toString()
      .trim()
      .split('\n');
    const list = all.map((line) => /^ *(\d+) +(\d+) (.*)$/.exec(line)).filter(Boolean);
    const mine = new Set([this.child.pid]);
    for (let grown = true; grown;) {
      grown = false;
      for (const [, pid, ppid, args] of list) {
        if (mine.has(Number(pid)) || !(mine.has(Number(ppid)) || args.includes(this.profile))) continue;
        mine.add(Number(pid));
        grown = true;
      }
    }
    const found = list.filter(([, pid]) => mine.has(Number(pid)));
    const of = (test) => found.filter(([, , , args]) => test(args)).map(([, pid]) => Number(pid));
    const node = of(
      (args) => args.includes('src/cli/start.mjs') && !args.startsWith('npm') && !args.startsWith('sh'),
    );
    for (const id of node) this.nodes.add(id);
    return {
      node,
      gpu: of((args) => args.includes('--type=gpu-process')),
      page: of((args) => args.includes('--type=renderer')),
      browser: of((args) => args.includes(`--user-data-dir=${this.profile}`) && !args.includes('--type=')),
      all: found.map(([, pid]) => Number(pid)),
    };
  }
}

const kill = (ids, signal) => {
  for (const id of ids) {
    try {
      process.kill(id, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
};
function isRunning(id) {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
const stopAWhile = async (ids) => {
  kill(ids, 'SIGSTOP');
  await sleep(1000 * pick([2, 10, 75]));
  kill(ids, 'SIGCONT');
};

async function connect(run) {
  const [port, path] = readFileSync(join(run.profile, 'DevToolsActivePort'), 'utf8').split('\n');
  return puppeteer.connect({ browserWSEndpoint: `ws://127.0.0.1:${port}${path}` });
}

/** Makes all writes into the folder fail for a while, by a file where the folder was. */
async function noDisk({ folder }) {
  const away = `${folder}-away`;
  execFileSync('mv', [folder, away]);
  writeFileSync(folder, '');
  await sleep(8000);
  rmSync(folder);
  execFileSync('mv', [away, folder]);
}

/** A small disk of its own, filled to the last byte for a while; where this user may not mount, as above. */
async function fullDisk(run) {
  const { folder } = run;
  const disk = join(folder, 'checkpoints');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    return noDisk(run);
  }
  await sleep(8000);
  execFileSync('umount', ['-l', disk]);
}

const DISTURBANCES = {
  'kill page': (run) => kill(run.processes().page, 'SIGKILL'),
  'kill GPU process': (run) => kill(run.processes().gpu, 'SIGKILL'),
  'kill browser': (run) => kill(run.processes().browser, 'SIGKILL'),
  'kill npm, the parent': (run) => kill([run.child.pid], 'SIGKILL'),
  'kill Node': (run) => kill(run.processes().node, 'SIGKILL'),
  'terminal gone': (run) => {
    run.child.stdout.destroy();
    run.child.stderr.destroy();
    kill([-run.child.pid], 'SIGHUP');
  },
  'reader gone': (run) => run.child.stdout.destroy(),
  'SIGINT to all, as Ctrl-C': (run) => kill([-run.child.pid], 'SIGINT'),
  'SIGTERM to npm': (run) => kill([run.child.pid], 'SIGTERM'),
  'SIGTERM to Node': (run) => kill(run.processes().node, 'SIGTERM'),
  'SIGHUP to Node': (run) => kill(run.processes().node, 'SIGHUP'),
  'stop page': (run) => stopAWhile(run.processes().page),
  'stop GPU process': (run) => stopAWhile(run.processes().gpu),
  'stop browser': (run) => stopAWhile(run.processes().browser),
  'stop all': (run) => stopAWhile(run.processes().all),
  'full disk': fullDisk,
  'no disk': noDisk,
  'reload page': async (run) => {
    if (!existsSync(join(run.profile, 'DevToolsActivePort'))) return;
    // The run may just have ended.
    const browser = await connect(run).catch(() => undefined);
    if (!browser) return;
    const page = (await browser.pages()).find((each) => each.url().startsWith('http'));
    // It may be gone before it answers.
    await Promise.race([page?.reload().catch(() => undefined), sleep(5000)]);
    await browser.disconnect();
  },
};

/** Steps of the log; each must be there once. */
function logged(folder) {
  const file = join(folder, 'log.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line));
}

const lastCheckpoint = (folder) => {
  const disk = join(folder, 'checkpoints');
  const names = existsSync(disk) ? readdirSync(disk).filter((name) => name.endsWith('.safetensors')) : [];
  return Math.max(0, ...names.map((name) => Number(/\d+/.exec(name)?.[0])));
};

/** Until it has done so many steps more, or ended. */
async function steps(run, more) {
  const end = performance.now() + PATIENCE * 1000;
  const from = lastCheckpoint(run.folder);
  while (!run.ended && lastCheckpoint(run.folder) < from + more) {
    if (performance.now() > end) throw new Error(`waits without end after step ${from}`);
    await sleep(100);
  }
}

/** Disturbs one run until it has come to its end, and compares it with the undisturbed one. */
async function trial(number, whole, until) {
  const folder = join(base, `run ${number}`);
  const nodes = new Set();
  let run = new Run(folder, false);
  for (let round = 0; ; round++) {
    await steps(run, 5);
    run.processes();
    if (!run.ended && round < 4 && performance.now() < until) {
      await sleep(random() * 1500);
      const what = values.only ?? pick(Object.keys(DISTURBANCES));
      const before = lastCheckpoint(folder);
      tell(`run ${number}, checkpoint ${before}: ${what}`);
      await DISTURBANCES[what](run);
      if (lastCheckpoint(folder) < before) throw new Error(`lost: checkpoint ${before}`);
    }
    const code = await Promise.race([run.exit, round < 4 ? sleep(6000) : sleep(PATIENCE * 1000, 'never')]);
    if (code === 'never') throw new Error('did not end');
    if (!run.ended) continue;
    for (const id of run.nodes) nodes.add(id);
    tell(`run ${number} ended with ${code}: ${run.out.trimEnd().split('\n').at(-1)}`);
    if (code === 0) break;
    // An orphan that is about to end must not write beside its successor.
    if (run.out.includes('another process writes to this run')) await sleep(1000);
    run = new Run(folder, lastCheckpoint(folder) > 0);
  }
  if ([...nodes].some(isRunning)) throw new Error('Node outlives its run');
  const log = logged(folder);
  const totals = JSON.stringify(log.map(({ step, total }) => [step, total]));
  if (totals !== whole.totals) throw new Error(`lost: the log has ${log.length} steps, or other losses`);
  const weights = readFileSync(join(folder, 'weights.safetensors'));
  if (!weights.equals(whole.weights))
    throw new Error('lost: the weights are not those of an undisturbed run');
  tell(`run ${number}: the weights and losses of an undisturbed run`);
}

async function main() {
  mkdirSync(base, { recursive: true });
  tell(`seed ${values.seed}, ${values.minutes} minutes, log in ${LOG}`);
  const until = performance.now() + Number(values.minutes) * 60_000;
  const undisturbed = new Run(join(base, 'whole'), false);
  if ((await undisturbed.exit) !== 0) throw new Error(`the undisturbed run failed: ${undisturbed.out}`);
  const whole = {
    totals: JSON.stringify(logged(undisturbed.folder).map(({ step, total }) => [step, total])),
    weights: readFileSync(join(undisturbed.folder, 'weights.safetensors')),
  };
  let [runs, failures] = [0, 0];
  while (performance.now() < until) {
    try {
      await trial(++runs, whole, until);
    } catch (error) {
      failures++;
      tell(`run ${runs} FAILED: ${error.message}`);
    }
  }
  tell(`${runs} runs, ${failures} failures`);
  return failures === 0 ? 0 : 1;
}

// Timers of what was waited for are left.
process.exit(await main());

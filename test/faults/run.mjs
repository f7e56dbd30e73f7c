// Plants the faults of faults.ts one at a time, each in a copy of the repository, and runs the tests that should
// notice. A fault that no test notices is a hole in the tests.
import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Some faults make a loop endless. */
const LIMIT_SECONDS = 300;

const HELP = `Usage: node test/faults/run.mjs [options]

Plants faults one at a time in a copy of the repository (your files are not touched) and runs the tests that should
notice each. Ends with 1 if a fault survives.

  --only <part>   only the faults with this in their name
  --list          print the faults and the tests that should notice them, and run nothing
  --help          print this`;

/** Faults are plain data, which Node cannot read before TypeScript's types are off. */
async function loadFaults() {
  const text = readFileSync(join(ROOT, 'test/faults/faults.ts'), 'utf8');
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.ESNext } });
  const url = `data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`;
  return (await import(url)).faults;
}

/** Tracked and new files, but none that Git ignores; packages are linked. */
function copyRepository(folder) {
  const options = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', options, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  const packages = join(ROOT, 'node_modules');
  mkdirSync(join(folder, 'node_modules'));
  // The folder itself is no link, so that caches stay in the copy.
  for (const name of readdirSync(packages)) {
    if (/^\.(vite|cache)/.test(name)) continue;
    symlinkSync(join(packages, name), join(folder, 'node_modules', name));
  }
}

/** The whole file with the fault in it. */
function planted(folder, { name, file, find, replace, files }) {
  const missing = [file, ...files].find((path) => !existsSync(join(folder, path)));
  if (missing) throw new Error(`fault "${name}": there is no ${missing}`);
  const text = readFileSync(join(folder, file), 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`fault "${name}": its text must stand once in ${file}; got ${parts.length - 1} times`);
  }
  if (find === replace) throw new Error(`fault "${name}": changes nothing`);
  return parts.join(replace);
}

const children = new Set();

/** Runs vitest; gives every test's name and outcome, and what kept files from running. */
function runTests(folder, files, { only = [], bail = false } = {}) {
  const report = join(folder, 'faults-report.json');
  rmSync(report, { force: true });
  const filter = only.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const args = ['run', ...files, '--reporter=json', `--outputFile=${report}`];
  if (filter !== '') args.push('-t', filter);
  if (bail) args.push('--bail=1');
  return new Promise((done) => {
    const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [vitest, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    let output = '';
    let late = false;
    const keep = (bytes) => (output = (output + bytes.toString()).slice(-4000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    // Asked politely first, so that the browser ends too.
    const polite = setTimeout(() => ((late = true), child.kill('SIGTERM')), LIMIT_SECONDS * 1000);
    const firm = setTimeout(() => child.kill('SIGKILL'), (LIMIT_SECONDS + 20) * 1000);
    child.on('close', () => {
      children.delete(child);
      clearTimeout(polite);
      clearTimeout(firm);
      done({ ...outcome(folder, report, output), late });
    });
  });
}

function outcome(folder, report, output) {
  if (!existsSync(report)) return { tests: [], broken: [output.trim()] };
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status, failureMessages = [] }) => ({
      file: name.slice(folder.length + 1),
      name: fullName,
      status,
      message: failureMessages.join('\n'),
    })),
  );
  const broken = testResults.filter(({ status, message }) => status === 'failed' && message);
  return { tests, broken: broken.map(({ name, message }) => `${name.slice(folder.length + 1)}: ${message}`) };
}

const firstLine = (text) => text.split('\n')[0].slice(0, 160);

/** A fault must fail a test by what it computes. That it does not compile, or that nothing runs, proves nothing. */
const UNFIT = /the driver refuses this shader|SyntaxError|Transform failed|ReferenceError|the test page/;

function verdict({ tests, broken, late }) {
  const failed = tests.find(({ status }) => status === 'failed');
  if (late) return { survived: true, text: `not decided: the tests took more than ${LIMIT_SECONDS} s` };
  if (failed && UNFIT.test(failed.message)) {
    return { survived: true, text: `not a fault: it does not run: ${firstLine(failed.message)}` };
  }
  if (failed)
    return { survived: false, text: `${failed.file}: ${failed.name}`, why: firstLine(failed.message) };
  if (broken.length > 0) return { survived: true, text: `not decided: ${firstLine(broken[0])}` };
  return { survived: true, text: 'SURVIVED' };
}

/** Without a fault, the tests that are used must pass, and each fault's filter must find some. */
async function checkUnfaulted(folder, faults) {
  // Filters of one file are no filters for another.
  const groups = new Map([['', { files: [], only: [] }]]);
  for (const { files, only } of faults) {
    const key = only ? files.join(' ') : '';
    const group = groups.get(key) ?? { files: [], only: [] };
    group.files = [...new Set([...group.files, ...files])];
    if (only) group.only = [...new Set([...group.only, only])];
    groups.set(key, group);
  }
  const runs = [];
  for (const { files, only } of groups.values()) {
    if (files.length > 0) runs.push(await runTests(folder, files, { only }));
  }
  for (const { tests, broken, late } of runs) {
    const failed = tests.find(({ status }) => status === 'failed');
    if (failed) throw new Error(`red without any fault: ${failed.file}: ${failed.name}\n${failed.message}`);
    if (broken.length > 0) throw new Error(`red without any fault: ${broken[0]}`);
    if (late) throw new Error(`without any fault, the tests took more than ${LIMIT_SECONDS} s`);
  }
  const passed = runs.flatMap(({ tests }) => tests).filter(({ status }) => status === 'passed');
  const unseen = faults.flatMap(({ name, files, only = '' }) => {
    const found = passed.some((test) => files.includes(test.file) && test.name.includes(only));
    return found ? [] : [`fault "${name}": no test in ${files.join(', ')} has "${only}" in its name`];
  });
  if (unseen.length > 0) throw new Error(unseen.join('\n'));
  return passed.length;
}

function table(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

const minutes = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
const since = (start) => (Date.now() - start) / 1000;

async function plantAll(folder, faults) {
  const rows = [];
  let survivors = 0;
  const start = Date.now();
  for (const [index, fault] of faults.entries()) {
    const { name, file, files, only } = fault;
    const path = join(folder, file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, planted(folder, fault));
    const before = Date.now();
    const found = verdict(await runTests(folder, files, { only: only ? [only] : [], bail: true }));
    writeFileSync(path, original);
    rows.push([name, found.text]);
    if (found.survived) survivors++;
    const left = (since(start) / (index + 1)) * (faults.length - index - 1);
    const took = `${Math.round(since(before))} s, ${minutes(left)} left`;
    console.log(`[${index + 1}/${faults.length}] ${name}: ${found.text} (${took})`);
    if (found.why) console.log(`        ${found.why}`);
  }
  console.log(`\n${table([['fault', 'caught by'], ...rows])}\n`);
  console.log(`${faults.length - survivors} of ${faults.length} faults caught in ${minutes(since(start))}`);
  return survivors;
}

async function main() {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const part = (values.only ?? '').toLowerCase();
  const all = await loadFaults();
  const faults = all.filter(({ name }) => name.toLowerCase().includes(part));
  if (faults.length === 0) throw new Error(`no fault has "${values.only}" in its name`);
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (twice) throw new Error(`two faults have the name "${twice.name}"`);
  if (values.list) {
    console.log(table(faults.map(({ name, files, only }) => [name, [...files, only ?? ''].join(' ')])));
    return 0;
  }
  setPriority(10);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'inception-faults-')));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      for (const child of children) child.kill('SIGTERM');
      clean();
      process.exit(130);
    });
  }
  try {
    copyRepository(folder);
    for (const fault of faults) planted(folder, fault);
    const start = Date.now();
    console.log(`${faults.length} faults to plant; first the tests that should notice them, without a fault`);
    const count = await checkUnfaulted(folder, faults);
    console.log(`${count} tests pass (${minutes(since(start))})`);
    return (await plantAll(folder, faults)) > 0 ? 1 : 0;
  } finally {
    clean();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`faults: ${error.message}`);
  process.exitCode = 1;
}

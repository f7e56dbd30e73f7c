// Choosing kernels by their times: the search with a timer that makes them up, and what is kept between runs.
import { describe, expect, test } from 'vitest';
import { AbortError, ShaderError } from '../../src/core/errors';
import type { Target } from '../../src/core/op';
import { kernelVersion, checkedChoices, textStore } from '../../src/runtime/tuning/store';
import { tuningProblems, type TuningProblem } from '../../src/runtime/tuning/problems';
import { search, type Timer, type TuningProgress } from '../../src/runtime/tuning/search';
import { trainingGraph } from '../support/training_graph';

const problem = (name: string, ...kernels: string[]): TuningProblem => ({
  problem: name,
  count: 1,
  multiplyAdds: 1,
  candidates: kernels.map((kernel) => ({ kernel, launches: [] })),
});

/** Each kernel takes what `costs` says, in milliseconds; a kernel without a cost does not compile. */
class FakeTimer implements Timer {
  readonly leastMilliseconds = 4;
  readonly runs: string[] = [];
  prepared = 0;
  destroyed = 0;
  #now = 0;
  readonly #costs: Readonly<Record<string, number>>;

  constructor(costs: Readonly<Record<string, number>>) {
    this.#costs = costs;
  }

  now(): number {
    return this.#now;
  }

  prepare({ kernel }: { readonly kernel: string }) {
    const cost = this.#costs[kernel];
    if (cost === undefined) return Promise.reject(new ShaderError(kernel, 'is refused'));
    this.prepared += 1;
    return Promise.resolve({
      time: (repeats: number) => {
        this.runs.push(kernel);
        this.#now += repeats * cost;
        // As Chrome's clock: in steps of 0.1 ms.
        return Promise.resolve(Math.floor(repeats * cost * 10) / 10);
      },
      destroy: () => void (this.destroyed += 1),
    });
  }

  timed = (kernel: string): number => this.runs.filter((run) => run === kernel).length;
}

const plenty = { budget: 1000 };

describe('search', () => {
  test('takes the fastest, told apart although each takes less than a step of the clock', async () => {
    const timer = new FakeTimer({ 'tile a': 0.05, 'register b': 0.04, 'scalar c': 0.5 });
    const [found] = await search([problem('p', 'tile a', 'register b', 'scalar c')], timer, plenty);
    expect(found).toMatchObject({ problem: 'p', shipped: 'tile a', kernel: 'register b' });
    const times = found?.times.map(({ milliseconds }) => milliseconds) ?? [];
    expect(times[0]).toBeCloseTo(0.05, 2);
    expect(times[1]).toBeCloseTo(0.04, 2);
    expect(timer.destroyed).toBe(timer.prepared);
  });

  test('a kernel that is hopeless is not measured again', async () => {
    const timer = new FakeTimer({ 'tile a': 10, 'tile b': 14, 'tile c': 16 });
    await search([problem('p', 'tile a', 'tile b', 'tile c')], timer, plenty);
    expect(['tile a', 'tile b', 'tile c'].map(timer.timed)).toEqual([4, 4, 2]);
  });

  test('the shipped kernel stays where nothing is faster by more than noise', async () => {
    const timer = new FakeTimer({ 'tile a': 10, 'tile b': 9.8 });
    const [found] = await search([problem('p', 'tile a', 'tile b')], timer, plenty);
    expect(found?.kernel).toBe('tile a');
  });

  test('a kernel that the driver refuses is passed over, the shipped one too', async () => {
    const timer = new FakeTimer({ 'register b': 3 });
    const [found] = await search([problem('p', 'tile a', 'register b')], timer, plenty);
    expect(found?.kernel).toBe('register b');
  });

  test('a clock that stands still changes nothing', async () => {
    const timer = new FakeTimer({ 'tile a': 0, 'tile b': 0 });
    const [found] = await search([problem('p', 'tile a', 'tile b')], timer, plenty);
    expect(found).toMatchObject({ kernel: 'tile a', times: [] });
  });

  test('other errors are not swallowed', async () => {
    const timer = new FakeTimer({});
    timer.prepare = () => Promise.reject(new TypeError('a fault of ours'));
    await expect(search([problem('p', 'tile a', 'tile b')], timer, plenty)).rejects.toThrow(
      'a fault of ours',
    );
  });

  test('ends in time: by then the first of each family is known, for the largest problems', async () => {
    const costs = { 'tile a': 100, 'tile b': 50, 'quad c': 90 };
    const timer = new FakeTimer(costs);
    const names = ['tile a', 'tile b', 'quad c'];
    const problems = ['large', 'middle', 'small'].map((name) => problem(name, ...names));
    const found = await search(problems, timer, { budget: 1 });
    expect(found.map(({ times }) => times.map(({ kernel }) => kernel))).toEqual([
      ['tile a', 'quad c'],
      ['tile a'],
      [],
    ]);
    expect(found.map(({ kernel }) => kernel)).toEqual(['quad c', 'tile a', 'tile a']);
    // At most what was under way when the time was up.
    expect(timer.now()).toBeLessThanOrEqual(1000 + 4 * 100);
    expect(timer.destroyed).toBe(timer.prepared);
  });

  test('tells how far it is, and ends when the caller aborts', async () => {
    const controller = new AbortController();
    const seen: TuningProgress[] = [];
    const timer = new FakeTimer({ 'tile a': 5, 'tile b': 5, 'tile c': 5 });
    const onProgress = (progress: TuningProgress): void => {
      seen.push(progress);
      if (progress.done === 2) controller.abort();
    };
    const options = { ...plenty, signal: controller.signal, onProgress };
    await expect(search([problem('p', 'tile a', 'tile b', 'tile c')], timer, options)).rejects.toThrow(
      AbortError,
    );
    expect(seen.map(({ done, count }) => [done, count])).toEqual([
      [1, 3],
      [2, 3],
    ]);
    expect(timer.timed('tile c')).toBe(0);
    expect(timer.destroyed).toBe(timer.prepared);
  });
});

const GPU: Target = {
  maxWorkgroupsPerDimension: 65535,
  parallelWorkgroups: 512,
  adapter: 'amd',
};

describe('tuningProblems', () => {
  const problems = tuningProblems(trainingGraph(80, 1 / 8).graph, GPU);

  test('finds forward and both gradients, each candidate with its launches', () => {
    const forms = new Set(problems.map(({ problem }) => problem.split(' ')[0]));
    expect([...forms].sort()).toEqual(['backward_input', 'backward_weight', 'forward']);
    for (const { problem, candidates, count } of problems) {
      expect(count, problem).toBeGreaterThan(0);
      expect(candidates.length, problem).toBeGreaterThan(1);
      for (const { kernel, launches } of candidates) {
        expect(launches.length, problem).toBeGreaterThan(0);
        expect(launches.every(({ choice }) => choice?.kernel === kernel && choice.problem === problem)).toBe(
          true,
        );
      }
    }
    const work = problems.map(({ multiplyAdds }) => multiplyAdds);
    expect(work).toEqual([...work].sort((a, b) => b - a));
    expect(work.at(-1)).toBeGreaterThan(0);
  });

  test('leaves a choice that the target brings aside', () => {
    const forced = tuningProblems(trainingGraph(80, 1 / 8).graph, {
      ...GPU,
      choose: (_problem, names) => names.at(-1),
    });
    const names = (each: readonly TuningProblem[]) => each.map(({ candidates }) => candidates[0]?.kernel);
    expect(names(forced)).toEqual(names(problems));
  });

  test('the version of the kernels changes with a shader, a size, an order', async () => {
    const version = await kernelVersion(problems);
    expect(await kernelVersion(tuningProblems(trainingGraph(80, 1 / 8).graph, GPU))).toBe(version);
    const [first, ...rest] = problems as [TuningProblem, ...TuningProblem[]];
    const [candidate, ...others] = first.candidates as [
      (typeof first.candidates)[0],
      ...typeof first.candidates,
    ];
    const [launch, ...more] = candidate.launches as [
      (typeof candidate.launches)[0],
      ...typeof candidate.launches,
    ];
    const withLaunch = (changed: typeof launch) => [
      { ...first, candidates: [{ ...candidate, launches: [changed, ...more] }, ...others] },
      ...rest,
    ];
    const shader = { ...launch.shader, source: `${launch.shader.source}\n// another` };
    for (const changed of [
      withLaunch({ ...launch, shader }),
      withLaunch({ ...launch, workgroups: [1, 1, 1] }),
      [{ ...first, candidates: [...others, candidate] }, ...rest],
      rest,
    ]) {
      expect(await kernelVersion(changed)).not.toBe(version);
    }
  });
});

describe('what is kept', () => {
  const problems = [problem('p', 'tile a', 'register b'), problem('q', 'tile a', 'scalar c')];
  const choices = { p: 'register b', q: 'tile a' };
  const entry = { key: 'key', choices };

  const store = (text?: string) => {
    const file = { text };
    const write = (written: string) => {
      file.text = written;
      return Promise.resolve();
    };
    return { file, store: textStore(() => Promise.resolve(file.text), write) };
  };

  test('comes back', async () => {
    const { store: kept } = store();
    expect(await kept.get('key')).toBeUndefined();
    await kept.set('key', entry);
    await kept.set('other', { key: 'other', choices: {} });
    expect(checkedChoices(await kept.get('key'), 'key', problems)).toEqual(choices);
  });

  test.each(['', '{', 'null', '[]', '7', '{"key": 3}', '{"key": {"key": "key"}}'])(
    'a broken text %j is nothing, and written anew',
    async (text) => {
      const { store: kept } = store(text);
      expect(checkedChoices(await kept.get('key'), 'key', problems)).toBeUndefined();
      await kept.set('key', entry);
      expect(checkedChoices(await kept.get('key'), 'key', problems)).toEqual(choices);
    },
  );

  test('old entries make room for new ones', async () => {
    const { file, store: kept } = store();
    for (let index = 0; index < 40; index++)
      await kept.set(`key ${index}`, { key: `key ${index}`, choices: {} });
    const names = Object.keys(JSON.parse(file.text ?? '') as object);
    expect(names).toHaveLength(32);
    expect(names.at(-1)).toBe('key 39');
  });

  test.each([
    ['of another key', { ...entry, key: 'foreign' }],
    ['with an unknown kernel', { key: 'key', choices: { ...choices, p: 'tile z' } }],
    ['without a problem', { key: 'key', choices: { p: 'tile a' } }],
    ['with a number for a name', { key: 'key', choices: { ...choices, q: 3 } }],
    ['with a list', { key: 'key', choices: ['tile a'] }],
    ['of text', 'key'],
  ])('an entry %s is ignored', (_what, broken) => {
    expect(checkedChoices(broken, 'key', problems)).toBeUndefined();
  });
});

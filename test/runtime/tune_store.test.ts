// What is kept between runs, and what `tune` makes of it; the timer makes its times up.
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/gpu/engine';
import { checkedChoices, textStore, type ChoiceStore } from '../../src/runtime/tuning/store';
import { tune, type TuneOptions, type Tuning } from '../../src/runtime/tuning/tune';
import { fakeEngine } from '../support/fake_engine';
import { FakeTimer, problem } from '../support/fake_timer';
import { smallNetwork, smallTrainer } from '../support/small_trainer';

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

  test.each([
    ['{', /^kept choices: are broken; got SyntaxError/],
    ['null', /^kept choices: are not in the form "inception-webgpu kernels 1"$/],
    ['[]', /form/],
    ['7', /form/],
    ['{"key": {"key": "key", "choices": {}}}', /form/],
    ['{"format": "inception-webgpu kernels 0", "entries": {}}', /form/],
    ['{"format": "inception-webgpu kernels 1"}', /form/],
  ])('a broken or old text %j is refused in words, and written anew', async (text, sentence) => {
    const { store: kept } = store(text);
    await expect(kept.get('key')).rejects.toThrow(sentence);
    await kept.set('key', entry);
    expect(checkedChoices(await kept.get('key'), 'key', problems)).toEqual(choices);
  });

  test('old entries make room for new ones', async () => {
    const { file, store: kept } = store();
    for (let index = 0; index < 40; index++)
      await kept.set(`key ${index}`, { key: `key ${index}`, choices: {} });
    const { entries } = JSON.parse(file.text ?? '') as { entries: object };
    const names = Object.keys(entries);
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

describe('tune', () => {
  /** All of an engine that tuning asks for, where the timer is given. */
  const engine = (software: boolean, changed: Partial<Engine['target']> = {}): Engine =>
    ({
      adapterName: 'an adapter',
      adapterInfo: { vendor: 'amd' },
      software,
      device: { features: new Set() },
      pipelines: {},
      target: { maxWorkgroupsPerDimension: 65535, parallelWorkgroups: 512, adapter: 'amd', ...changed },
      lostReason: () => undefined,
      takeRefusal: () => undefined,
    }) as unknown as Engine;

  /** Every kernel takes as long but the scalar ones, which are faster. */
  const timer = () => {
    const made = new FakeTimer({});
    made.costOf = (kernel) => (kernel.startsWith('scalar') ? 1 : 2);
    return made;
  };

  const run = async (options: TuneOptions, on = engine(false)) => {
    const own = timer();
    const tuned = await tune(on, smallNetwork(2).graph, { timer: own, budget: 1000, ...options });
    return { tuned, timed: own.prepared };
  };

  const memory = (): ChoiceStore => {
    const entries = new Map<string, unknown>();
    return {
      get: (key) => Promise.resolve(entries.get(key)),
      set: (key, entry) => Promise.resolve(void entries.set(key, entry)),
    };
  };

  test('times nothing on software adapters, unless it is forced', async () => {
    const store = memory();
    const { tuned, timed } = await run({ store }, engine(true));
    expect(tuned).toMatchObject({ source: 'shipped', choices: {}, notes: [], problems: [] });
    expect(tuned.because).toBe('an adapter computes on the CPU, where nothing is timed');
    expect(timed).toBe(0);
    const forced = await run({ store, force: true }, engine(true));
    expect(forced.tuned.source).toBe('measured');
    expect(forced.timed).toBeGreaterThan(0);
  });

  test('times nothing where the engine was told which kernels to take', async () => {
    const { tuned, timed } = await run({ store: 'none' }, engine(false, { choose: () => undefined }));
    expect(tuned).toMatchObject({ source: 'shipped', choices: {} });
    expect(tuned.because).toMatch(/was told/);
    expect(timed).toBe(0);
  });

  test('times once, then takes what was kept, for the same adapter; again if it is forced', async () => {
    const store = memory();
    const first = await run({ store });
    expect(first.tuned.source).toBe('measured');
    const kernels = Object.values(first.tuned.choices);
    expect(kernels.length).toBeGreaterThan(0);
    expect(new Set(kernels.map((kernel) => kernel.split(' ')[0]))).toEqual(new Set(['scalar']));

    const second = await run({ store });
    expect(second.tuned).toMatchObject({ source: 'stored', choices: first.tuned.choices, notes: [] });
    expect(second.timed).toBe(0);
    const other = await run({ store }, engine(false, { maxWorkgroupStorage: 32768 }));
    expect(other.tuned.source).toBe('measured');
    const forced = await run({ store, force: true });
    expect(forced.tuned.source).toBe('measured');
  });

  test.each([
    ['a broken text', '{', /^kept choices are ignored: kept choices: are broken/],
    ['a text of another version', '{}', /^kept choices are ignored: .*are not in the form/],
  ])('%s costs a sentence, and is replaced', async (_what, broken, sentence) => {
    let text = broken;
    const store = textStore(
      () => Promise.resolve(text),
      (written) => Promise.resolve(void (text = written)),
    );
    const first = await run({ store });
    expect(first.tuned.source).toBe('measured');
    expect(first.tuned.notes).toEqual([expect.stringMatching(sentence)]);
    expect((await run({ store })).tuned).toMatchObject({ source: 'stored', notes: [] });
  });

  test('a store that holds something else or fails is never fatal', async () => {
    const fail = () => Promise.reject(new Error('no room'));
    const useless = { get: () => Promise.resolve({ key: 'foreign' }), set: fail };
    const { tuned } = await run({ store: useless });
    expect(tuned.source).toBe('measured');
    expect(tuned.notes).toEqual([
      'kept choices name other kernels, so they are ignored',
      'what was found is not kept: no room',
    ]);
    expect((await run({ store: { get: fail, set: fail } })).tuned.notes[0]).toBe(
      'kept choices are ignored: no room',
    );
  });
});

test('a trainer tunes by the function that it is given, its own graph with the rewrites it will have', async () => {
  const { engine } = fakeEngine();
  const asked: unknown[] = [];
  const by: Tuning = async (on, graph, options) => {
    asked.push([on === engine, graph.gradients.size > 0, options]);
    const own = new FakeTimer({});
    return tune(on, graph, { ...options, timer: own, budget: 1000, store: 'none', force: true });
  };
  const trainer = await smallTrainer(engine, 2, { tune: by, fuse: false });
  expect(asked).toEqual([[true, true, { fuse: false }]]);
  expect(trainer.tuned?.source).toBe('measured');
  const { choices = {} } = trainer.tuned ?? {};
  const used = trainer.program.plan.launches.flatMap(({ choice }) => choice ?? []);
  expect(used.length).toBeGreaterThan(0);
  for (const { problem, kernel } of used) expect(choices[problem] ?? kernel, problem).toBe(kernel);
  trainer.destroy();
});

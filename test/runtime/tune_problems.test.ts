// What there is to tune in a graph; no GPU is involved.
import { describe, expect, test } from 'vitest';
import type { Target } from '../../src/core/op';
import { tuningProblems, type TuningProblem } from '../../src/runtime/tuning/problems';
import { kernelVersion } from '../../src/runtime/tuning/store';
import { trainingGraph } from '../support/training_graph';

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
        const sizes = launches.flatMap(({ homes }) => Object.values(homes).map(({ size }) => size));
        expect(Math.min(...sizes), `${problem}, ${kernel}: memory`).toBeGreaterThan(0);
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

// What the report takes a launch to do, against the kernels' own loops and the network's known size. Needs no driver.
import { describe, expect, it } from 'vitest';
import type { Launch } from '../../src/core/op';
import { describeWork, workgroupSize } from '../../bench/isa/kernels';
import { candidatesOf, planNetwork, type Layer, type Network } from '../../bench/isa/network';
import { FAMILIES, type Family } from '../../bench/isa/families';
import type { Nest } from '../../bench/isa/execution';
import { kernelName, measureLayer, sumOf } from '../../bench/isa/measure';
import { parseOptions } from '../../bench/isa/options';
import { blocksOf, type Program } from '../../bench/isa/program';
import { rowsOf } from '../../bench/isa/report';
import { sizesOf } from '../../bench/isa/work';

const LANES = 64;
const [FAMILY] = FAMILIES as readonly [Family];
const { target: TARGET } = FAMILY;
/** Per image: googlenet() says the first; the second are a 1x1 and two linear layers of each auxiliary classifier. */
const MAIN = 1_582_671_872;
const AUXILIARY = (512 + 528) * 128 * 16 + 2 * (2048 * 1024 + 1024 * 1000);
/** conv1 needs no gradient of the images. */
const CONV1 = 64 * 3 * 7 * 7 * 112 * 112;

const products = (nests: readonly Nest[]): number =>
  nests.reduce((sum, { trips, inner }) => sum + trips * (inner.length ? products(inner) : 1), 0);

describe.each([1, 3])('the network at batch %i', (batch) => {
  const network: Network = planNetwork(batch, TARGET);
  const total = (form: string): number =>
    network.layers
      .filter((layer) => layer.form === form)
      .reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);

  it('has as many multiply-adds as its formula', () => {
    expect(total('forward')).toBe(batch * (MAIN + AUXILIARY));
    expect(total('backward_weight')).toBe(batch * (MAIN + AUXILIARY));
    expect(total('backward_input')).toBe(batch * (MAIN + AUXILIARY - CONV1));
  });

  it('launches only kernels that the report knows, and enough of their tiles', () => {
    for (const { label, form, launches, multiplyAdds } of network.layers) {
      let issued = 0;
      let computed = 1;
      for (const launch of launches) {
        const work = describeWork(launch, LANES);
        const [x, y, z] = launch.workgroups;
        issued += (work.fma ?? NaN) * workgroupSize(launch) * x * y * z;
        computed = Math.min(computed, work.computed ?? 1);
        expect(products(work.loops), `${label}, ${form}`).toBeGreaterThan(0);
      }
      expect(issued / (multiplyAdds * computed), `${label}, ${form}`).toBeGreaterThanOrEqual(1 - 1e-9);
    }
  });
});

describe('kernels that the rule does not take', () => {
  const network = planNetwork(1, TARGET);
  const candidates = candidatesOf(network);

  it('are told apart from those that it does', () => {
    const taken = network.layers.flatMap(({ launches }) => launches.flatMap(({ choice }) => choice ?? []));
    const names = new Set(taken.map(({ kernel }) => kernel));
    expect([...names].every((name) => name.startsWith('tile'))).toBe(true);
    const others = candidates.filter((name) => !names.has(name));
    expect(others).toContain('winograd 4x4 by tiles');
    expect(others).toContain('register 4x8');
    expect(others).toContain('scalar 4x4');
    expect(candidates.filter((name) => name.startsWith('quad'))).toEqual([]);
  });

  it.each([
    // Ten 3x3 layers: 4x4 products for each tile of 2x2 pixels, those of 7x7 planes overhanging by one.
    ['winograd 2x2 by tiles', ['forward', 'backward_input'], 435_396_608],
    // Those of at most 112 channels, 6x6 products for tiles of 4x4: conv3, and the 3x3 of 3a, 4a and 4b.
    [
      'winograd 4x4 by tiles',
      ['forward'],
      36 * (196 * 64 * 192 + 49 * 96 * 128 + 16 * 96 * 208 + 16 * 112 * 224),
    ],
  ])('%s: its own multiply-adds, and transforms beside them', (name, forms, multiplyAdds) => {
    const { layers, others } = planNetwork(1, TARGET, name);
    expect(others).toEqual([]);
    expect([...new Set(layers.map(({ form }) => form))].sort()).toEqual([...forms].sort());
    for (const form of forms) {
      const works = layers
        .filter((layer) => layer.form === form)
        .map(({ launches }) => launches.map((launch) => describeWork(launch, LANES)));
      const own = works.flat().reduce((sum, work) => sum + (work.multiplyAdds ?? 0), 0);
      expect(own).toBe(multiplyAdds);
      for (const work of works) expect(work.filter(({ transforms }) => transforms)).toHaveLength(3);
    }
  });
});

it('transforms count apart from the products that they prepare', () => {
  const [layer] = planNetwork(1, TARGET, 'winograd 2x2 by tiles').layers as [Layer];
  const code = new Map(layer.launches.map((launch) => [kernelName(launch), assemble(launch)]));
  const measured = measureLayer(layer, code);
  const threads = ({ entry }: Launch): number =>
    layer.launches
      .filter((launch) => launch.entry === entry)
      .reduce((sum, launch) => sum + workgroupSize(launch) * launch.workgroups.reduce((a, b) => a * b), 0);
  const [weights, input, products, output] = layer.launches;
  if (!weights || !input || !products || !output) throw new Error('not the four launches of Winograd');
  expect(measured.kernels[0]).toBe(kernelName(products));
  expect(measured.transforms).toBe(10 * (threads(weights) + threads(input) + threads(output)));
  expect(measured.issued.alu).toBe(measured.issued.fma + 10 * threads(products));
  expect(measured.direct).toBe(layer.multiplyAdds);
  // 4x4 products for 2x2 outputs of 9 taps; conv3's plane of 56x56 has no overhang.
  expect(measured.multiplyAdds / measured.direct).toBeCloseTo(16 / 36, 12);
});

/** Machine code that multiplies as often as it should, without loops, and adds 10 times. */
function assemble(launch: Launch, spills = 0): Program {
  const { fma = 0 } = describeWork(launch, LANES);
  const blocks = blocksOf([{ fma, alu: fma + 10 }]);
  return { blocks, lanes: LANES, registers: 128, spills, fills: 2 * spills, inFlight: 8 };
}

describe('the sum of layers', () => {
  const counts = (fma: number, alu: number) => ({ fma, alu, buffer: alu / 10, shared: fma / 2 });
  const layer = (multiplyAdds: number, fma: number, alu: number) =>
    ({
      label: 'a',
      form: 'forward',
      kernels: ['k'],
      direct: multiplyAdds,
      multiplyAdds,
      issued: counts(fma, alu),
      transforms: 0,
    }) as const;

  it('of one is overhang times code', () => {
    expect(sumOf([layer(80, 100, 125)])).toEqual({
      ...{ share: 0.64, tiles: 0.8, mean: 0.64 },
      ...{ buffer: 12.5 / 80, shared: 50 / 80, turns: 125 / 80 },
    });
  });

  it('of several weighs what each takes', () => {
    const { share, mean } = sumOf([layer(90, 90, 100), layer(10, 10, 100)]);
    expect(share).toBeCloseTo(0.5, 12);
    expect(mean).toBeCloseTo(0.9 * 0.9 + 0.1 * 0.1, 12);
  });
});

it('rows have a share below 1 for each form, and name the kernel that spills most', () => {
  const { layers } = planNetwork(1, TARGET);
  const launches = layers.flatMap((layer) => layer.launches.map((launch) => ({ launch, form: layer.form })));
  const worst = launches.filter(({ form }) => form === 'backward_input')[3]?.launch as Launch;
  const programs = new Map(
    launches.map(({ launch }) => [
      kernelName(launch),
      assemble(launch, kernelName(launch) === kernelName(worst) ? 7 : 0),
    ]),
  );
  // One program turns its loops as often as each layer needs; these have none, so each layer has its own.
  const measured = layers.map((layer) =>
    measureLayer(layer, new Map(layer.launches.map((launch) => [kernelName(launch), assemble(launch)]))),
  );
  const rows = rowsOf({ family: FAMILY, batch: 1, layers: measured, programs });
  expect(rows.map(({ form }) => form)).toEqual(['forward', 'input gradient', 'weight gradient']);
  for (const { share, family, batch } of rows) {
    expect([family, batch]).toEqual(['Xe-LP', 1]);
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(1);
  }
  expect(rows[1]).toMatchObject({ spills: 7, fills: 14, kernel: kernelName(worst) });
  expect(rows[0]).toMatchObject({ spills: 0, fills: 0 });
});

describe('the weight gradient of conv2d.wgsl', () => {
  it.each(['conv1', 'inception3a.conv3', 'inception5b.conv2', 'inception3a.{conv1'])(
    '%s: runs its loops as often as the shader says',
    (name) => {
      const layer = planNetwork(2, TARGET, 'register 8x8').layers.find(
        ({ label, form }) => label.startsWith(name) && form === 'backward_weight',
      );
      const launch = layer?.launches[0];
      if (launch?.shader.file !== 'conv2d.wgsl') throw new Error('not the kernel that this test is about');
      const size = sizesOf(launch);
      const [x, splits, z] = launch.workgroups;
      // The shader's loops, lane by lane: a wave runs a loop as long as one of its lanes does.
      const tiles = Math.ceil(size('co') / size('TN')) * Math.ceil(size('ci') / size('TC'));
      let iterations = 0;
      let pixels = 0;
      for (let split = 0; split < splits; split++) {
        for (let wave = 0; wave < x * z; wave++) {
          const first = split * size('split_lines');
          for (let line = first; line < Math.min(first + size('split_lines'), size('rows')); line++) {
            let longest = 0;
            for (let lane = 0; lane < LANES; lane++) {
              const tap = Math.floor((wave * LANES + lane) / tiles);
              if (tap >= size('KERNEL_H') * size('KERNEL_W')) continue;
              const [kh, kw] = [Math.floor(tap / size('KERNEL_W')), tap % size('KERNEL_W')];
              const ih = (line % size('y_h')) * size('STRIDE_H') + kh - size('PAD_TOP');
              if (ih < 0 || ih >= size('x_h')) continue;
              let columns = 0;
              for (let ow = 0; ow < size('y_w'); ow++) {
                const iw = ow * size('STRIDE_W') + kw - size('PAD_LEFT');
                if (iw >= 0 && iw < size('x_w')) columns++;
              }
              longest = Math.max(longest, columns);
            }
            iterations++;
            pixels += longest;
          }
        }
      }
      const waves = x * splits * z;
      const outer = describeWork(launch, LANES).loops.at(-1); // after the bias's
      expect(outer?.trips).toBeCloseTo(iterations / waves, 9);
      expect((outer?.trips ?? 0) * (outer?.inner[0]?.trips ?? 0)).toBeCloseTo(pixels / waves, 6);
    },
  );
});

describe('the command line', () => {
  it('takes all families and both batches unless told otherwise', () => {
    const { family, batch, file } = parseOptions([]) ?? {};
    expect(family).toEqual([
      'Xe-LP',
      'Xe2',
      'RDNA2',
      'RDNA3',
      'Ampere',
      'Adreno 660',
      'Adreno 750',
      'M1',
      'Mali G610',
    ]);
    expect(batch).toEqual([1, 32]);
    expect(file).toBeUndefined();
    expect(parseOptions(['--family', 'M1,Xe2'])?.family).toEqual(['M1', 'Xe2']);
  });

  it('refuses a family that it does not know', () => {
    expect(() => parseOptions(['--family', 'M9'])).toThrow('--family');
  });
});

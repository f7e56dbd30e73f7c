// What a wrong call says: where, what is wrong, what it got, what to do.
import { beforeAll, describe, expect, it } from 'vitest';
import { NoAdapterError } from '../../src/core/errors';
import { openEngine } from '../../src/gpu/engine';
import { call } from '../support/call';
import type { badCalls, badImages, badWeights, divergence } from '../support/jobs/bad_input';

/** One test per message; none may be left over. */
function messages(run: () => Promise<Record<string, string>>, expected: Record<string, string>): void {
  let found: Record<string, string> = {};
  beforeAll(async () => void (found = await run()));
  it.each(Object.entries(expected))('%s', (what, message) => {
    expect(found[what]).toBe(message);
  });
  it('nothing else', () => expect(Object.keys(found)).toEqual(Object.keys(expected)));
}

const SHORT = 'trainer.step: images must be [2, 3, 6, 6], 216 numbers';
const FLOATS = 'trainer.step: images must be a Float32Array';
const LABELS = 'ValueError: trainer.step: labels must be whole numbers from 0 to 2';

describe('images and labels', () => {
  let report: Awaited<ReturnType<typeof badImages>>;
  messages(async () => (report = await call<typeof badImages>('badImages', null)).messages, {
    'one image too few': `ShapeError: ${SHORT}; got 108`,
    Float64Array: `ValueError: ${FLOATS}; got Float64Array; scale bytes to numbers first`,
    Uint8Array: `ValueError: ${FLOATS}; got Uint8Array; scale bytes to numbers first`,
    'plain array': `ValueError: ${FLOATS}; got Array; scale bytes to numbers first`,
    NaN:
      'ValueError: trainer.step: images must hold finite numbers; ' +
      'got NaN in image 1, channel 2, row 3, column 5',
    infinity:
      'ValueError: trainer.step: images must hold finite numbers; ' +
      'got -Infinity in image 0, channel 0, row 1, column 1',
    'too few labels': 'ShapeError: trainer.step: needs 2 labels; got 1',
    'label 3': `${LABELS}; got 3 at image 1`,
    'label -1': `${LABELS}; got -1 at image 0`,
    'label 1.5': `${LABELS}; got 1.5 at image 1`,
    'label NaN': `${LABELS}; got NaN at image 0`,
  });
  it('change nothing', () => expect(report).toMatchObject({ unchanged: true, worksAfterwards: true }));
});

const ANOTHER = 'was it saved from another network?';

describe('weights', () => {
  let report: Awaited<ReturnType<typeof badWeights>>;
  messages(async () => (report = await call<typeof badWeights>('badWeights', null)).messages, {
    'cut after 4 bytes':
      'FormatError: w.safetensors: a safetensors file starts with 8 bytes of header length; got 4 bytes',
    'cut in the header':
      'FormatError: w.safetensors: the header of 424 bytes reaches beyond the end of the file; got 100 bytes; ' +
      'the file is truncated: fetch it again',
    'cut in the data':
      'FormatError: w.safetensors, tensor "fc.bias": its data reaches beyond the end of the file, which holds ' +
      '2056 bytes of data; got [2048,2060]; the file is truncated: fetch it again',
    empty: 'FormatError: w.safetensors: a safetensors file starts with 8 bytes of header length; got 0 bytes',
    'no safetensors':
      'FormatError: w.safetensors: the header may have 100000000 bytes at most; got a length of ' +
      '8104636974849335612; check that this is a safetensors file',
    'a parameter missing': `FormatError: w.safetensors: lacks conv2.bias; ${ANOTHER}`,
    'all parameters missing':
      'FormatError: w.safetensors: lacks conv1.weight, conv1.bias, conv2.weight, conv2.bias and 2 more; ' +
      ANOTHER,
    'an unknown parameter': `FormatError: w.safetensors: has what the network lacks: conv9.bias; ${ANOTHER}`,
    'another shape':
      'FormatError: w.safetensors, tensor conv1.weight: the network has the shape [8, 3, 3, 3]; got [8, 27]',
    'whole numbers':
      'FormatError: w.safetensors, tensor conv1.weight: weights must be F64, F32, F16 or BF16; got I32',
    'a NaN': 'FormatError: w.safetensors, tensor fc.bias: weights must be finite; got NaN at 1',
    'load: unknown parameter':
      'ValueError: weights: the network has no variable of this name; got conv9.bias; ' +
      'its names are conv1.weight, conv1.bias, conv2.weight, conv2.bias and 2 more',
    'load: another shape': 'ShapeError: conv1.bias: the network has the shape [8]; got [3]',
    'load: fewer numbers than the shape': 'ShapeError: fc.bias: needs 3 numbers for the shape [3]; got 2',
    'load: some missing':
      'ValueError: weights: conv1.weight, conv1.bias, conv2.weight, conv2.bias and 1 more must be given too',
  });
  it('change nothing', () => expect(report.unchanged).toBe(true));
});

const TOP = 'ValueError: classifier.run: top must be a whole number from 1 to 3';
const WHOLE = 'ShapeError: classifier.run: needs a multiple of 108 numbers, from one image';

describe('calls', () => {
  messages(() => call<typeof badCalls>('badCalls', null), {
    'a value that is not kept': "ValueError: conv1: is not kept after a run; pass it in 'keep'",
    'an unknown value':
      'ValueError: graph: has no value of this name; got conv3; similar: conv1.weight, conv1.bias, ' +
      'conv1.product, conv1.biased, conv1, conv2.weight, conv2.bias, conv2.product',
    'a gradient in a program without': 'ValueError: fc: has no gradient in this program',
    'an unknown input': 'ValueError: program.write: no such input; got image; inputs: images',
    'an input of another type': 'ValueError: images: needs a Float32Array; got Uint32Array',
    'an input of another length': 'ShapeError: images: needs 216 numbers for the shape [2, 3, 6, 6]; got 215',
    'no parameters': 'ValueError: conv1.weight: is not among the parameters given to the program',
    'parameters of another graph':
      'ShapeError: conv1.weight: the graph declares the shape [8, 3, 3, 3]; got parameters of shape [4, 3, 3, 3]',
    'no buffer for gradients':
      "ValueError: program: the graph computes gradients of parameters and needs a buffer for them in 'gradients'; pass the one of an Update",
    'no heads': 'ValueError: trainer: needs at least one head',
    'top 0': `${TOP}; got 0`,
    'top 4': `${TOP}; got 4`,
    'top 1.5': `${TOP}; got 1.5`,
    'half an image': `${WHOLE}; got 162`,
    'no image': `${WHOLE}; got 0`,
    Float64Array:
      'ValueError: classifier.run: images must be a Float32Array; got Float64Array; scale bytes to numbers first',
    Uint8Array:
      'ValueError: classifier.run: images must be a Float32Array; got Uint8Array; scale bytes to numbers first',
    NaN:
      'ValueError: classifier.run: images must hold finite numbers; ' +
      'got NaN in image 0, channel 0, row 3, column 5',
  });
});

describe('elsewhere', () => {
  it('a loss that is not finite', async () => {
    expect(await call<typeof divergence>('divergence', null)).toMatch(
      /^NotFiniteError: step 1: \d+ of \d+ numbers of \S+ are not finite \(\S+, forward\); got losses main (NaN|-?Infinity); /,
    );
  });

  it('no WebGPU', async () => {
    await expect(openEngine()).rejects.toThrow(NoAdapterError);
    await expect(openEngine()).rejects.toThrow(
      'WebGPU: is not offered here (navigator.gpu is missing); ' +
        'use a recent Chrome, Edge, Firefox or Safari, on https or localhost',
    );
  });
});

import { sameShape, sizeOf } from '../../../../src/core/shape';
import type { Variable } from '../../../../src/core/variable';
import { writeSafetensors } from '../../../../src/io/safetensors';
import { readWeights } from '../../../../src/io/weights';
import { variable } from '../../weights';
import { must } from '../must';
import { mutateBytes } from '../mutate_bytes';
import { mutateJson } from '../mutate_json';
import type { Fuzzed } from '../run_cases';
import { withHeader } from '../with_header';
import { TENSORS } from './safetensors';

const SPECS: readonly Variable[] = [
  variable({ name: 'conv.weight', shape: [2, 3, 1, 1] }),
  variable({ name: 'conv.bias', shape: [2] }),
];
const WEIGHTS = writeSafetensors(TENSORS.slice(0, 2), { steps: '3' });

export const weights: Fuzzed<Uint8Array> = {
  name: 'weights',
  input: (chance) =>
    chance.below(2)
      ? mutateBytes(WEIGHTS, chance)
      : withHeader(WEIGHTS, (header) => mutateJson(header, chance)),
  read(bytes) {
    const { values } = readWeights(bytes, SPECS, 'w.safetensors');
    must(values.size === SPECS.length, 'a parameter is missing');
    for (const { name, shape } of SPECS) {
      const found = values.get(name);
      must(found !== undefined && sameShape(found.shape, shape), `${name} has another shape`);
      must(found?.data.length === sizeOf(shape), `${name} has another length`);
      must(found?.data.every(Number.isFinite) ?? false, `${name} holds no numbers`);
    }
  },
  size: (bytes) => bytes.length,
};

import { readCheckpoint, writeCheckpoint } from '../../../../src/io/checkpoint';
import { exampleCheckpoint } from '../../checkpoint';
import { must } from '../must';
import { mutateBytes } from '../mutate_bytes';
import { mutateJson } from '../mutate_json';
import type { Fuzzed } from '../run_cases';
import { withHeader } from '../with_header';

const CHECKPOINTS = [3, 4].map((step) => writeCheckpoint(exampleCheckpoint(step, { adam: step === 3 })));

export const checkpoint: Fuzzed<Uint8Array> = {
  name: 'checkpoint',
  input(chance) {
    const file = chance.pick(CHECKPOINTS);
    const way = chance.below(9);
    if (way === 0) return file;
    return way < 5 ? mutateBytes(file, chance) : withHeader(file, (header) => mutateJson(header, chance));
  },
  // Whatever is accepted is one of those that were written, in other JSON at most.
  read(bytes) {
    const again = Buffer.from(writeCheckpoint(readCheckpoint(bytes, 'c.safetensors')));
    must(
      CHECKPOINTS.some((file) => again.equals(file)),
      'it is another checkpoint',
    );
  },
  size: (bytes) => bytes.length,
};

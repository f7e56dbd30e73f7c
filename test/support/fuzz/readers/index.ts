// The readers of files, each with valid files to break and with what must hold where a broken one is accepted.
import { runCases, type Fuzzed, type Tally } from '../run_cases';
import { checkpoint } from './checkpoint';
import { digits, idx } from './idx';
import { images } from './image_bytes';
import { safetensors, safetensorsHeader } from './safetensors';
import { weights } from './weights';

export interface Reader {
  readonly name: string;
  /** @param only the number of the one case to run */
  readonly run: (cases: number, only?: number) => Tally;
}

const reader = <Input>(fuzzed: Fuzzed<Input>): Reader => ({
  name: fuzzed.name,
  run: (cases, only) => runCases(fuzzed, cases, only),
});

export const READERS: readonly Reader[] = [
  reader(safetensors),
  reader(safetensorsHeader),
  reader(weights),
  reader(checkpoint),
  reader(idx),
  reader(digits),
  reader(images),
];

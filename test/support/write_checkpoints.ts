// A process that writes one checkpoint after the other until somebody kills it, and says which are done.
import { writeSync } from 'node:fs';
import { openCheckpoints } from '../../src/cli/checkpoints';
import { writeCheckpoint } from '../../src/io/checkpoint';
import { exampleCheckpoint } from './checkpoint';

export async function main([folder = '']: readonly string[]): Promise<number> {
  const checkpoints = await openCheckpoints(folder, 2);
  const shapes = { 'fc.weight': [1000, 500] };
  for (let step = 1; ; step++) {
    const bytes = writeCheckpoint(exampleCheckpoint(step, { shapes }));
    writeSync(1, `writing ${step}\n`);
    await checkpoints.saveFile(step, bytes);
    writeSync(1, `wrote ${step}\n`);
  }
}

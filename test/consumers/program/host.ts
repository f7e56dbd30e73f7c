// Trains outside of browsers, and prints what came of it. With `given`, on a `gpu` that it makes itself.
import process from 'node:process';
import { openEngine, type AdapterSource } from 'inception-webgpu/node';
import { train } from './train.js';

const name = 'webgpu';
const given = process.argv.includes('given')
  ? ((await import(name)) as { create(flags: readonly string[]): AdapterSource }).create([])
  : undefined;
try {
  console.log(JSON.stringify(await train(await openEngine(given && { gpu: given }))));
  // Dawn's threads would keep the process alive.
  process.exit(0);
} catch (error) {
  console.log(String(error));
  process.exit(given ? 2 : 1);
}

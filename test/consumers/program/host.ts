// Trains outside of browsers, and prints what came of it. With `given`, on a `gpu` that it makes itself, and with an op of
// its own, whose shader it reads at run time.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { openEngine, type AdapterSource } from 'inception-webgpu/node';
import { shader } from 'inception-webgpu/shader';
import { siluOf } from './silu.js';
import { train } from './train.js';

const name = 'webgpu';
const given = process.argv.includes('given')
  ? ((await import(name)) as { create(flags: readonly string[]): AdapterSource }).create([])
  : undefined;
try {
  const own = given && siluOf(shader(readFileSync('silu.wgsl', 'utf8'), 'silu.wgsl'));
  console.log(JSON.stringify(await train(await openEngine(given && { gpu: given }), own)));
  // Dawn's threads would keep the process alive.
  process.exit(0);
} catch (error) {
  console.log(String(error));
  process.exit(given ? 2 : 1);
}

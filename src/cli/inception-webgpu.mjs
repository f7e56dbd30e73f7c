#!/usr/bin/env node
// `inception-webgpu` in a clone; in the package, bin.ts stands in its place.
import { runMain } from './load.mjs';

await runMain('/src/cli/program.ts', { shaders: true });

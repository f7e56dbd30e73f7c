import { defineConfig } from 'vitest/config';
import { ROOT } from '../../src/cli/module_server';
import { wgsl } from '../../src/shader/own_vite';

// What runs on a GPU, without a browser: on Dawn in the tests' own process. `npm run test:node` sets the driver.
export default defineConfig({
  root: ROOT,
  plugins: [wgsl()],
  // An op as a consumer writes it.
  resolve: { alias: { 'inception-webgpu/op': `${ROOT}src/op.ts` } },
  test: {
    // The others need no GPU (test/core, test/io, readers and pure calls in test/fuzz), or the browser itself: the command line and its page (test/cli,
    // test/app), its files and tabs (test/browser), the bundle as a page imports it (test/library), images drawn by a page (test/bench).
    include: [
      'test/{data,gpu,graph,models,ops,optim,runtime,shader,support,train}/**/*.test.ts',
      'test/fuzz/{device_calls,graphs}.test.ts',
      'test/guards/{targets,trajectories}.test.ts',
    ],
    env: { TEST_HOST: 'node' },
    // Two processes, each with a GPU device of its own, as in vitest.config.ts.
    maxWorkers: 2,
    isolate: false,
    // Lavapipe takes seconds to compile a kernel, and a test may be the first to need all of a network's.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

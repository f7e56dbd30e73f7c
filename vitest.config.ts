import { defineConfig } from 'vitest/config';
import { wgsl } from './src/gpu/vite_wgsl';

export default defineConfig({
  plugins: [wgsl()],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global_setup.ts',
    // Two processes, each with a browser, a page and a GPU device of its own, that its files share one after the other.
    maxWorkers: 2,
    isolate: false,
    // Software adapters are slow, and the first use of a kernel compiles it.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

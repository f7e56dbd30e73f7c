import { defineConfig } from 'vitest/config';
import { wgsl } from './src/gpu/vite_wgsl';

export default defineConfig({
  plugins: [wgsl()],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global_setup.ts',
    // All files share one page, hence one GPU device, so they run one after the other in one process.
    fileParallelism: false,
    isolate: false,
    // Software adapters are slow, and the first use of a kernel compiles it.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

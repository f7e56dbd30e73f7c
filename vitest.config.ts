import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { wgsl } from './src/shader/own_vite';

export default defineConfig({
  plugins: [wgsl()],
  // An op as a consumer writes it.
  resolve: { alias: { 'inception-webgpu/op': fileURLToPath(new URL('src/op.ts', import.meta.url)) } },
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

// node esbuild.mjs ENTRY FOLDER
import { build } from 'esbuild';
import { wgsl } from 'inception-webgpu/esbuild';

const [entry, outdir] = process.argv.slice(2);
await build({
  entryPoints: { main: entry },
  outdir,
  bundle: true,
  format: 'esm',
  logLevel: 'warning',
  plugins: [wgsl()],
});

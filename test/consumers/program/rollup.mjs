// node rollup.mjs ENTRY FOLDER
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { wgsl } from 'inception-webgpu/vite';
import { rollup } from 'rollup';

const [input, folder] = process.argv.slice(2);
const bundle = await rollup({
  input,
  plugins: [nodeResolve(), wgsl()],
  onwarn: ({ message }) => {
    throw new Error(message);
  },
});
await bundle.write({ file: `${folder}/main.js`, format: 'es', inlineDynamicImports: true });

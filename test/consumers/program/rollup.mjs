// node rollup.mjs ENTRY FOLDER
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';

const [input, folder] = process.argv.slice(2);
const bundle = await rollup({
  input,
  plugins: [nodeResolve()],
  onwarn: ({ message }) => {
    throw new Error(message);
  },
});
await bundle.write({ file: `${folder}/main.js`, format: 'es', inlineDynamicImports: true });

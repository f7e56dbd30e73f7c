// node webpack.mjs ENTRY FOLDER
import { resolve } from 'node:path';
import webpack from 'webpack';

const [entry, folder] = process.argv.slice(2);
webpack(
  {
    mode: 'production',
    entry: `./${entry}`,
    experiments: { outputModule: true },
    output: { path: resolve(folder), filename: 'main.js', publicPath: 'auto', library: { type: 'module' } },
  },
  (error, stats) => {
    const said = error ?? stats.compilation.errors[0] ?? stats.compilation.warnings[0];
    if (said) throw said;
  },
);

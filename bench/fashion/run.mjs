// `node bench/fashion/run.mjs`
import { runMain } from '../../src/cli/load.mjs';

await runMain('/bench/fashion/main.ts', { shaders: true });
// Dawn keeps the process alive.
process.exit();

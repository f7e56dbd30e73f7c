// `node bench/isa/run.mjs`
import { runMain } from '../../src/cli/load.mjs';

await runMain('/bench/isa/main.ts', { shaders: true });

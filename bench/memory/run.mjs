// `node bench/memory/run.mjs`
import { runMain } from '../../src/cli/load.mjs';

await runMain('/bench/memory/main.ts', { shaders: true });

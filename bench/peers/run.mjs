// `node bench/peers/run.mjs`
import { runMain } from '../../src/cli/load.mjs';

await runMain('/bench/peers/main.ts');

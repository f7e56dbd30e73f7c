// `npm run tutorial`
import { runMain } from '../../src/cli/load.mjs';

await runMain('/bench/tutorial/main.ts', { shaders: true });

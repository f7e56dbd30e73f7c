// `npm run bench`
import { runMain } from '../src/cli/load.mjs';

await runMain('/bench/main.ts');

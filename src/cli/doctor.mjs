// `npm run doctor`
import { runMain } from './load.mjs';

await runMain('/src/cli/doctor/main.ts');

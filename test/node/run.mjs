// `npm run test:node`
import { runMain } from '../../src/cli/load.mjs';

await runMain('/test/node/main.ts');

// `npm run consumers`
import { runMain } from '../../src/cli/load.mjs';

await runMain('/test/consumers/main.ts', { shaders: true });

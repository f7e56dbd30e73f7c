// `npm start`
import { runMain } from './load.mjs';

await runMain('/src/cli/main.ts', { shaders: true });

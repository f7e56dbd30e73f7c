#!/usr/bin/env node
// `inception-webgpu`, the command of the package.
import { main } from './program';

// Who listened has gone, or the disk behind a redirected output is full. The work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
process.exitCode = await main(process.argv.slice(2));

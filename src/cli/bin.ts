#!/usr/bin/env node
// `inception-webgpu`, the command of the package; `inception-webgpu doctor` is `npm run doctor` of a clone.
import { main as doctor } from './doctor/main';
import { main } from './main';

// Who listened has gone, or the disk behind a redirected output is full. The work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const [first, ...rest] = process.argv.slice(2);
process.exitCode = await (first === 'doctor' ? doctor(rest) : main(process.argv.slice(2)));

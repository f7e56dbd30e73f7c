// Trains in the page; whoever drives it waits for `result`.
import { openEngine } from 'inception-webgpu';
import { train } from './train.js';

Object.assign(globalThis, { result: openEngine().then(train) });

// As page.ts, with an op of its own.
import { openEngine } from 'inception-webgpu';
import { siluOf } from './silu.js';
import shader from './silu.wgsl';
import { train } from './train.js';

Object.assign(globalThis, { result: openEngine().then((engine) => train(engine, siluOf(shader))) });

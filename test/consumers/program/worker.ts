import { openEngine } from 'inception-webgpu';
import { train } from './train.js';

postMessage(await train(await openEngine()));

// All optimizers; src/optim/registry.ts has them by name.
export { adam, adamw } from './adam';
export { rmsprop } from './rmsprop';
export { sgd } from './sgd';

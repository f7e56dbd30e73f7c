// All optimizers; src/optim/registry.ts has them by name.
export { adam, adamw } from './adam';
export { sgd } from './sgd';

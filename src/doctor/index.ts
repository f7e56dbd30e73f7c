// The doctor's public face: names only. An entry of its own, so that the library does not carry the cases of all ops.
export {
  diagnose,
  type Diagnosis,
  type DiagnoseOptions,
  type DiagnoseProgress,
  type Finding,
} from './diagnose';
export { diagnosisText } from './text';
export { failedKernels, withoutKernels } from './exclude';
export type { AdapterDescription } from './adapter';
export type { Direction } from './check';
export type { Result } from './compare';

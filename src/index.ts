// The public face: names only.
export type {
  Axis,
  Builder,
  DType,
  Epilogue,
  Flat,
  Gradients,
  GraphNode,
  KernelChoice,
  Launch,
  LayerShare,
  Lowered,
  Named,
  NoAttrs,
  Op,
  Order,
  Scratch,
  Table,
  Target,
  TensorSpec,
  TypedNode,
  Value,
  View,
  Views,
} from './core/op';
export type { Step } from './core/step';
export type { Access, Binding, ShaderModule, StructLayout } from './core/shader';
export type { Padding, Pair, Shape, SlidingWindow } from './core/shape';
export { slidingWindow } from './core/shape';
export {
  AbortError,
  DeviceLostError,
  EngineError,
  FormatError,
  GpuError,
  LimitError,
  NoAdapterError,
  NotFiniteError,
  OutOfMemoryError,
  ShaderError,
  ShapeError,
  StorageError,
  ValueError,
  type NotFinite,
} from './core/errors';
export { TARGETS } from './core/targets';
export { hashName, permutation, philox, uniform, type Words4 } from './core/random';
export { add } from './ops/add';
export { avgPool } from './ops/avg_pool';
export { bias, PER_CHANNEL } from './ops/bias';
export { concat } from './ops/concat';
export {
  conv2d,
  conv2dFused,
  CONVOLUTION_WEIGHTS,
  type Conv2dAttrs,
  type Conv2dFusedAttrs,
} from './ops/conv2d';
export { byName } from './ops/conv/by_name';
export { crop } from './ops/crop';
export type { CropAttrs } from './ops/crop_attributes';
export { crossEntropy } from './ops/cross_entropy';
export { softCrossEntropy, type SoftCrossEntropyAttrs } from './ops/soft_cross_entropy';
export { binaryCrossEntropy } from './ops/binary_cross_entropy';
export { meanSquaredError } from './ops/mean_squared_error';
export { dropout, type DropoutAttrs } from './ops/dropout';
export { flatten } from './ops/flatten';
export { gelu } from './ops/gelu';
export { linear, linearFused, LINEAR_WEIGHTS } from './ops/linear';
export { localResponseNorm, type LocalResponseNormAttrs } from './ops/local_response_norm';
export type { Rgb } from './lowering/colours';
export type { PoolAttrs } from './lowering/pool';
export { maxPool } from './ops/max_pool';
export { pixels, type PixelsAttrs } from './ops/pixels';
export { relu } from './ops/relu';
export type { FuseOptions, FusionName } from './graph/fuse_options';
export { Graph, type VariableOptions } from './graph/graph';
export { differentiate, weightedLosses, type Seed } from './graph/differentiate';
export {
  estimate,
  type EstimateOptions,
  type MemoryBytes,
  type MemoryEstimate,
  type UpdateEstimate,
} from './graph/memory/estimate';
export { describePlan, formatEstimate } from './graph/memory/describe';
export type { MemoryLimits } from './graph/memory/limits';
export { largestBatch, requireBudget, withinLimits } from './graph/memory/batches';
export type { Drawn, Variable } from './core/variable';
export { byTable, choiceRule, type Choose, type KernelChoices } from './core/choices';
export type { Recomputed } from './graph/recompute/again';
export type { RecomputeOptions } from './graph/plan_nodes';
export { openEngine, withChoice, type AdapterInfo, type Engine, type EngineOptions } from './gpu/engine';
export type { Counters } from './gpu/commands';
export type { Plan } from './graph/plan';
export type { CompileProgress, OnCompileProgress } from './runtime/compile_kernels';
export {
  gradientBuffer,
  type FlatBuffer,
  type LoadOptions,
  type LoadReport,
  type NamedTensors,
  type Tensor,
} from './runtime/flat_buffer';
export { Parameters, type InitialWeights, type ParametersOptions } from './runtime/parameters';
export { Program } from './runtime/program';
export type { PlannedProgram, ValueRange } from './runtime/planned_program';
export type { InputPlace, InputSource } from './runtime/input_source';
export type { BufferRange } from './runtime/relayout';
export { fromBuffer } from './runtime/from_buffer';
export { fromImages, type ImageSource } from './runtime/from_images';
export { copyToBuffer } from './runtime/copy_to_buffer';
export type { Part, ProgramOptions, RunOptions } from './runtime/program_options';
export type { PixelBytes } from './runtime/pixel_bytes';
export {
  profileProgram,
  type Profile,
  type ProfiledLaunch,
  type ProfiledNode,
  type ProfiledPart,
  type ProfileOptions,
} from './runtime/profile';
export type { TimingMethod } from './gpu/timing';
export type { Work } from './graph/work';
export { runOp, type InputGradients, type OpCall } from './runtime/run_op';
export { SingleOp, type Numbers, type OpArray, type SingleOpOptions } from './runtime/single_op';
export { tune, type Tuned, type TuneOptions, type Tuning } from './runtime/tuning/tune';
export type { ExcludedKernel, KernelTime, TunedProblem, TuningProgress } from './runtime/tuning/search';
export { textStore, type ChoiceStore, type StoredChoices } from './runtime/tuning/store';
export type { StageOptions } from './optim/stage';
export { Update, type UpdateOptions } from './runtime/update';
export { OPTIMIZERS, type OptimizerName } from './optim/registry';
export * from './optim/index';
export {
  defineOptimizer,
  type AnyOptimizerFunction,
  type NumberSetting,
  type Optimizer,
  type OptimizerFunction,
  type OptimizerKind,
  type Schema,
  type Settings,
} from './optim/optimizer';
export {
  equalAverage,
  exponentialAverage,
  type Average,
  type AverageDecay,
  type AverageFrom,
} from './optim/average';
export type { VariableGroup } from './optim/groups';
export { layers } from './models/layers';
export type { ConvOptions, LinearOptions, PoolOptions } from './models/core_layers';
export {
  AUX_WEIGHT,
  googlenet,
  googlenetHeads,
  type GoogLeNet,
  type GoogLeNetOptions,
} from './models/googlenet';
export { Trainer } from './train/trainer';
export type { TrainerOptions } from './train/trainer_options';
export type { Batch, Batches, Epoch, FitOptions } from './train/fit';
export { evaluate, type EvaluateOptions, type Evaluation } from './train/evaluate';
export { LossGradients, type LossGradientsFound, type LossGradientsOptions } from './train/loss_gradients';
export type { StepLosses } from './train/step_report';
export type { Head, Loss } from './train/loss';
export type { Network } from './train/losses';
export { binaryTargets, classNumbers, softTargets, squaredError } from './train/target_losses';
export { estimateTraining, type TrainingEstimateOptions } from './train/estimate';
export { trainReliably, type ReliableOptions, type ReliableRun } from './train/reliable';
export type { AboutRun } from './train/checkpointing';
export {
  Classifier,
  type Classified,
  type ClassifierOptions,
  type ClassifyOptions,
  type Guess,
} from './train/classifier';
export type { Images, Inputs, Labels, ImageArrays } from './train/check';
export { warmup, type Schedule, type WarmupOptions } from './train/schedule';
export { browserRuns, openBrowserCheckpoints } from './io/browser_checkpoints';
export {
  readCheckpoint,
  writeCheckpoint,
  type Checkpoint,
  type CheckpointState,
  type Json,
  type NamedSettings,
} from './io/checkpoint';
export {
  CheckpointStore,
  type CheckpointFile,
  type CheckpointFolder,
  type LatestCheckpoint,
} from './io/checkpoint_store';
export {
  readSafetensors,
  writeSafetensors,
  type Dtype,
  type FloatDtype,
  type Safetensors,
  type Tensor as StoredTensor,
  type TensorData,
  type TensorToWrite,
} from './io/safetensors';
export { traceFile } from './io/trace';
export { loadWeights, saveWeights, type LoadWeightsOptions } from './io/weights';

import type { Task } from './problem';

export const NAMES = ['ours', 'tfjs', 'ort', 'jax-js'] as const;
export type Name = (typeof NAMES)[number];

interface Description {
  readonly title: string;
  /** Its package; ours has none. */
  readonly pack?: string;
  readonly tasks: readonly Task[];
  /** Settings that were chosen for speed. */
  readonly settings: string;
  /** Why a row of the table stays empty. */
  readonly absent?: Partial<Record<Task, string>>;
}

export const CONTENDERS: Readonly<Record<Name, Description>> = {
  ours: { title: 'inception-webgpu', tasks: ['forward', 'train', 'gradients'], settings: 'defaults' },
  tfjs: {
    title: 'TensorFlow.js',
    pack: '@tensorflow/tfjs-backend-webgpu',
    tasks: ['forward', 'train'],
    settings: 'channels last; convolution, bias and ReLU fused (in training convolution and bias)',
  },
  ort: {
    title: 'ONNX Runtime Web',
    pack: 'onnxruntime-web',
    tasks: ['forward'],
    settings:
      'WebGPU provider, all graph optimizations, graph capture, input and output bound to GPU buffers',
    absent: { train: 'cannot train', gradients: 'cannot train' },
  },
  'jax-js': {
    title: 'jax-js',
    pack: '@jax-js/jax',
    tasks: ['forward', 'gradients'],
    settings: 'the whole network under jit, channels first',
  },
};

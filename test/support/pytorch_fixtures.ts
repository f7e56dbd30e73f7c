import { readdirSync, readFileSync } from 'node:fs';
import type { PytorchCase, PytorchOp } from './pytorch_case';

const FOLDER = 'test/fixtures';
const read = (file: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8'));

/** PyTorch's numbers for the cases of src/ops/cases, by their file there. */
export const PYTORCH_OPS: Readonly<Record<string, readonly PytorchOp[]>> = Object.fromEntries(
  readdirSync(`${FOLDER}/ops`).map((file) => [file.replace('.json', ''), read(`ops/${file}`) as PytorchOp[]]),
);

export const PYTORCH_LAYERS = read('layers.json') as readonly PytorchCase[];

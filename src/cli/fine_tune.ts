// Weights that a run begins with, and the variables that it trains otherwise.
import { formatWidth } from '../app/format';
import { readCard } from '../app/model_card';
import { trainedNetwork } from '../app/network';
import { FormatError, ValueError } from '../core/errors';
import type { Variable } from '../core/variable';
import { readSafetensors, type Safetensors } from '../io/safetensors';
import { readWeights } from '../io/weights';
import { applyGroups } from '../optim/groups';
import { matchTensors } from '../runtime/flat_buffer';
import type { Wishes } from '../train/presets';
import { readWeightsFile } from './classify/model';

/** The layers that give the scores. */
const LAST = /^(linear5|aux_classifier[12]\.fc5)\./;
/** What a file may lack, or have for images of another size. */
const REPLACEABLE = /^(linear5|aux_classifier[12])\./;
/** Where the file does not say it: the paper's. */
const SIZE = 224;

/** What a run begins with in place of new weights. */
export interface Start {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly wishes: Required<Pick<Wishes, 'size' | 'width' | 'fresh'>>;
  /** What is kept and what is new, a sentence. */
  readonly note: string;
}

function declaredOf(classes: number, size: number, width: number): readonly Variable[] {
  const shape = { size, width, batch: 1, microBatches: 1, dropout: { main: 0, aux: 0 } };
  return [...trainedNetwork(shape, classes).graph.variables.values()].map(({ variable }) => variable);
}

/**
 * Weights of a run, or any file with the network's names. The last layers begin anew where the classes are others; of what the
 * file does not say, width comes from its shapes.
 * @param path a weights file, or the folder of a run
 * @param classes what the run is to learn
 * @throws {ValueError | FormatError} for what is no such file, or of another width than was asked for
 */
export function startFrom(path: string, classes: readonly string[], wishes: Wishes): Start {
  const { file, bytes } = readWeightsFile(path);
  const { tensors, metadata } = readSafetensors(bytes, file);
  const card = metadata['card'] === undefined ? undefined : readCard(file, metadata);
  const width = card?.width ?? widthOf(tensors);
  const size = wishes.size ?? card?.size ?? SIZE;
  if (wishes.width !== undefined && wishes.width !== width) {
    const problem = `the weights of ${path} have ${formatWidth(width)}`;
    throw new ValueError('--width', problem, formatWidth(wishes.width), 'leave it out, or begin with others');
  }
  const declared = declaredOf(classes.length, size, width);
  const { missing, otherShape } = matchTensors(declared, tensors);
  const lost = [...missing, ...otherShape].find((name) => !REPLACEABLE.test(name));
  if (lost !== undefined) {
    const problem = `is not of this network: ${missing.includes(lost) ? 'it lacks' : 'of another shape is'} ${lost}`;
    throw new FormatError(file, problem, undefined, 'give weights of a run, or with the names of one');
  }
  readWeights(bytes, declared, file, 'some');
  const others = card && JSON.stringify(card.classes) !== JSON.stringify(classes);
  const fresh = declared
    .map(({ name }) => name)
    .filter((name) => missing.includes(name) || otherShape.includes(name) || (others && LAST.test(name)));
  if (wishes.unfreezeAfter !== undefined && fresh.length === 0) {
    const problem = `nothing is new that could be trained alone: the classes are those of ${path}`;
    throw new ValueError('--unfreeze-after', problem, undefined, 'leave it out');
  }
  const layers = [...new Set(fresh.map((name) => name.replace(/\.\w+$/, '')))];
  const there = card ? `, of ${card.classes.length} classes` : '';
  const kept = `${declared.length - fresh.length} of ${declared.length} tensors are kept`;
  const anew = layers.length > 0 ? `; ${layers.join(', ')} begin anew, for ${classes.length} classes` : '';
  return {
    bytes,
    wishes: { size, width, fresh },
    note: `begins with the weights of ${path}${there}: ${kept}${anew}`,
  };
}

/** Channels are the width's share of Table 1's, rounded up to a multiple of 8: the least share is of the width. */
function widthOf(tensors: Safetensors['tensors']): number {
  const shares = declaredOf(1, SIZE, 1).map(({ name, shape }) =>
    LAST.test(name) ? Infinity : (tensors.get(name)?.shape[0] ?? Infinity) / (shape[0] ?? 1),
  );
  const least = Math.min(...shares);
  return least > 0 && least < Infinity ? least : 1;
}

/** @throws {ValueError} for a pattern that names no variable of the network */
export function requireVariables({ freeze = [], rateOf = [] }: Wishes): void {
  if (freeze.length + rateOf.length === 0) return;
  const declared = declaredOf(1, SIZE, 1 / 8);
  applyGroups(
    declared,
    freeze.map((match) => ({ match, trainable: false })),
    '--freeze',
  );
  applyGroups(declared, rateOf, '--rate-of');
}

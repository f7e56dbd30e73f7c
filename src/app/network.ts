import { googlenet, googlenetHeads } from '../models/googlenet';
import type { Network } from '../train/losses';
import { classNumbers, softTargets } from '../train/target_losses';
import type { RunSettings } from '../train/presets';

/** The network to be trained, for a micro-batch. */
export function trainedNetwork(
  {
    size,
    width,
    dropout,
    batch,
    microBatches,
    smoothing = 0,
    classWeights,
    mixUp,
  }: Pick<
    RunSettings,
    'size' | 'width' | 'dropout' | 'batch' | 'microBatches' | 'smoothing' | 'classWeights' | 'mixUp'
  >,
  classes: number,
): Network {
  const net = googlenet({
    classes,
    batch: batch / microBatches,
    inputSize: size,
    width,
    mode: 'train',
    dropout,
  });
  const attrs = { smoothing, ...(classWeights && { classWeights }) };
  const loss = mixUp === undefined ? classNumbers(attrs) : softTargets(attrs);
  return { graph: net.graph, images: net.images, heads: googlenetHeads(net), loss };
}

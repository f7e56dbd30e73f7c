import { googlenet, googlenetHeads } from '../models/googlenet';
import type { Network } from '../train/losses';
import type { RunSettings } from '../train/presets';

/** The network to be trained, for a micro-batch. */
export function trainedNetwork(
  {
    size,
    width,
    dropout,
    batch,
    microBatches,
  }: Pick<RunSettings, 'size' | 'width' | 'dropout' | 'batch' | 'microBatches'>,
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
  return { graph: net.graph, images: net.images, heads: googlenetHeads(net) };
}

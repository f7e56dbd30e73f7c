import type { JobContext } from '../job';
import type * as Library from '../../../src/index';

/** The library, from its sources or as built. */
type Face = typeof Library;

/** README's example: three convolutions and a linear layer on 32 x 32 images. */
function smallNetwork({ Graph, layers }: Face, batch: number) {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [batch, 3, 32, 32]);
  let x = net.conv('conv1', images, { channels: 16, kernel: 3, padding: 1 });
  x = net.maxPool('pool1', x, { kernel: 2 });
  x = net.conv('conv2', x, { channels: 32, kernel: 3, padding: 1 });
  x = net.maxPool('pool2', x, { kernel: 2 });
  x = net.conv('conv3', x, { channels: 32, kernel: 3, stride: 2, padding: 1 });
  const scores = net.linear('linear', net.flatten('flatten', x), { features: 4 });
  return { graph, images, scores };
}

const IMAGE = 3 * 32 * 32;

/** Stripes in four directions, each image at another phase. */
function stripes(count: number, first: number): { images: Float32Array; labels: Uint32Array } {
  const images = Float32Array.from({ length: count * IMAGE }, (_, index) => {
    const image = first + Math.floor(index / IMAGE);
    const [row, column] = [Math.floor(index / 32) % 32, index % 32];
    const along = [row, column, row + column, row - column][image % 4] ?? 0;
    return Math.sin(along * 0.8 + image * 2.4);
  });
  return { images, labels: Uint32Array.from({ length: count }, (_, index) => (first + index) % 4) };
}

export interface SmallReport {
  readonly first: number;
  readonly last: number;
  readonly guesses: readonly number[];
  readonly labels: readonly number[];
  readonly gradient: { readonly length: number; readonly largest: number };
}

async function train(library: Face, { device, adapter }: JobContext): Promise<SmallReport> {
  const engine = await library.openEngine({ device, adapter });
  const { graph, images, scores } = smallNetwork(library, 16);
  const trainer = await library.Trainer.create(engine, {
    graph,
    images,
    heads: [{ name: 'main', scores, weight: 1 }],
    optimizer: library.adam(),
    rate: library.warmup({ rate: 0.003, warmup: 5 }),
  });
  const losses: number[] = [];
  const batches = Array.from({ length: 20 }, (_, step) => stripes(16, 16 * step));
  await trainer.fit(batches, { steps: 20, onStep: ({ total }) => void losses.push(total) });
  const gradient = await trainer.program.read('conv2.weight', 'grad');

  const { parameters } = trainer;
  const classifier = await library.Classifier.create(engine, { ...smallNetwork(library, 8), parameters });
  const unseen = stripes(19, 1000);
  const { top } = await classifier.run(unseen.images);
  const report = {
    first: losses[0] ?? NaN,
    last: losses.at(-1) ?? NaN,
    guesses: top.map(([best]) => best?.class ?? -1),
    labels: Array.from(unseen.labels),
    gradient: { length: gradient.length, largest: Math.max(...gradient.map(Math.abs)) },
  };
  classifier.destroy();
  trainer.destroy();
  return report;
}

/** Trains and classifies with the library's sources. */
export async function trainSmall(context: JobContext, _args: object): Promise<SmallReport> {
  return train(await import('../../../src/index'), context);
}

/** The same with the files that `npm run build` made, served under `url`. */
export async function trainSmallBuilt(context: JobContext, { url }: { url: string }): Promise<SmallReport> {
  return train(await importBuilt(url), context);
}

declare global {
  interface Window {
    built?: Face;
  }
}

/** Imports a module in the page itself: an `import()` here would go through the test server's transforms. */
async function importBuilt(url: string): Promise<Face> {
  const script = document.createElement('script');
  script.type = 'module';
  script.textContent = `import * as built from '${url}'; window.built = built; window.dispatchEvent(new Event('built'));`;
  await new Promise((resolve, reject) => {
    addEventListener('built', resolve, { once: true });
    script.addEventListener('error', () => reject(new Error(`importBuilt: cannot import ${url}`)));
    document.head.append(script);
  });
  if (!window.built) throw new Error(`importBuilt: ${url} exports nothing`);
  return window.built;
}

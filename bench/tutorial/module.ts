// Part 1's module, drawn by hand: launches with their sizes, and the joined output, one unit of height for each channel.
import type { Value } from '../../src/core/op';
import { multiplyAddsOf } from '../../src/graph/work';
import { googlenet } from '../../src/models/googlenet';

const MODULE = 'inception3a';
const WIDTH = 760;
const HEIGHT = 356;
const BAR = { x: 620, y: 56, width: 84 };
const COLORS = ['#1f6fb2', '#e69f00', '#3a9d7a', '#8a8f98'];

/** An SVG file's text. */
export function moduleDrawing(): string {
  const { graph } = googlenet({ classes: 1000, batch: 1 });
  const of = (name: string): Value => graph.value(`${MODULE}.${name}`);
  const channels = (name: string): number => of(name).shape[1] ?? 0;
  const products = (name: string): number =>
    graph.nodes
      .filter(({ label }) => label === `${MODULE}.${name}.product`)
      .reduce((sum, node) => sum + multiplyAddsOf(node), 0);
  const input = graph.value('maxpool2').shape;
  const output = graph.value(MODULE).shape;
  const [, inputs = 0, height = 0, width = 0] = input;
  const points = ['conv1', 'reduce2', 'reduce3'];
  const all = [...points, 'conv2', 'conv3', 'conv4'].reduce((sum, name) => sum + products(name), 0);
  const work = (...names: string[]): string => {
    const sum = names.reduce((total, name) => total + products(name), 0);
    return `${(sum / 1e6).toFixed(1)} million, ${((100 * sum) / all).toFixed(0)} %`;
  };

  const branches = ['conv1', 'conv2', 'conv3', 'conv4'];
  const slices = branches.map((name, index) => {
    const first = branches.slice(0, index).reduce((sum, other) => sum + channels(other), 0);
    return { first, count: channels(name), middle: BAR.y + first + channels(name) / 2 };
  });
  const arrows = [
    arrow([118, 150], [158, 150]),
    arrow([118, 262], [158, 288]),
    arrow([338, slices[0]?.middle ?? 0], [BAR.x, slices[0]?.middle ?? 0]),
    arrow([338, 152], [400, 152]),
    arrow([338, 206], [400, 230]),
    arrow([338, 300], [400, 300]),
    arrow([580, 152], [BAR.x, slices[1]?.middle ?? 0]),
    arrow([580, 232], [BAR.x, slices[2]?.middle ?? 0]),
    arrow([580, 300], [BAR.x, slices[3]?.middle ?? 0]),
  ];
  const on = (x: number, y: number, words: string) => label([x, y], words, 'text-anchor="middle"');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#24292f">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>
${label([16, 24], `${MODULE}: five launches, ${(all / 1e6).toFixed(1)} million multiply-adds for an image`, 'font-size="15"')}
${label([16, 42], 'Each box is a launch. Bias and ReLU are inside. Percent: share of the multiply-adds.', 'fill="#57606a"')}
${box({ x: 16, y: 112, width: 102, height: 170 }, '#57606a', ['input', `${height} x ${width}`, `${inputs} channels`])}
${box({ x: 158, y: 64, width: 180, height: 166 }, COLORS[0], [
  'three 1x1 convolutions,',
  'one product',
  `${inputs} to ${points.map(channels).join(' + ')}`,
  work(...points),
])}
${box({ x: 158, y: 262, width: 180, height: 62 }, '#57606a', ['3x3 max pool', 'no multiply-adds'])}
${box({ x: 400, y: 118, width: 180, height: 70 }, COLORS[1], ['3x3 convolution', `${channels('reduce2')} to ${channels('conv2')}`, work('conv2')])}
${box({ x: 400, y: 198, width: 180, height: 64 }, COLORS[2], ['5x5 convolution', `${channels('reduce3')} to ${channels('conv3')}`, work('conv3')])}
${box({ x: 400, y: 272, width: 180, height: 64 }, COLORS[3], ['1x1 convolution', `${inputs} to ${channels('conv4')}`, work('conv4')])}
${slices
  .map(
    ({ first, count, middle }, index) =>
      `<rect x="${BAR.x}" y="${BAR.y + first}" width="${BAR.width}" height="${count}" fill="${COLORS[index]}" fill-opacity="0.25" stroke="${COLORS[index]}"/>` +
      on(BAR.x + BAR.width / 2, middle + 4, `${first} to ${first + count - 1}`),
  )
  .join('\n')}
${on(BAR.x + BAR.width / 2, 332, `y: ${output[2]} x ${output[3]}`)}
${on(BAR.x + BAR.width / 2, 347, `${output[1]} channels`)}
${arrows.join('\n')}
</svg>
`;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function box({ x, y, width, height }: Box, color: string | undefined, lines: readonly string[]): string {
  const top = y + height / 2 - (lines.length - 1) * 8 + 4;
  const words = lines.map((line, index) =>
    label(
      [x + width / 2, top + index * 16],
      line,
      `text-anchor="middle"${index === 0 ? ' font-weight="bold"' : ''}`,
    ),
  );
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5" fill="${color}" fill-opacity="0.12" stroke="${color}"/>` +
    words.join('')
  );
}

type Point = readonly [x: number, y: number];

const label = ([x, y]: Point, words: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${more}>${words}</text>`;

const arrow = ([x0, y0]: Point, [x1, y1]: Point): string =>
  `<path d="M${x0} ${y0}L${x1} ${y1}" stroke="#57606a" marker-end="url(#head)" fill="none"/>`;

// Draws a run for the README, from the numbers in its report: loss curves, and digits that the network never saw with the
// classes it gave them.
//
//     node bench/report/training_picture.mjs runs/first src/app/training.svg
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

const [folder, file] = process.argv.slice(2);
const [, json] = /<script type="application\/json" id="data">([^]*?)<\/script>/.exec(
  readFileSync(`${folder}/report.html`, 'utf8'),
);
const { steps, losses, evaluation } = JSON.parse(json);
const { adapter } = JSON.parse(readFileSync(`${folder}/settings.json`, 'utf8'));
const { labels, guesses, shown, pictures, width } = evaluation;

const WIDTH = 720;
const PLOT = { x: 46, y: 34, width: 640, height: 190 };
const CURVES = { main: ['#1f6fb2', ''], aux1: ['#e69f00', '9 4'], aux2: ['#3a9d7a', '3 3'] };
const highest = Math.max(...Object.values(losses).flat().slice(0, 30)) * 1.02;
const x = (index) => PLOT.x + (index / (steps.length - 1)) * PLOT.width;
const y = (loss) => PLOT.y + PLOT.height * (1 - Math.min(loss, highest) / highest);

/** Each loss averaged with those of the nine steps before. */
const smooth = (values) =>
  values.map((_, index) => {
    const near = values.slice(Math.max(0, index - 9), index + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
const line = ([name, [colour, dashes]]) => {
  const points = smooth(losses[name]).map((loss, index) => `${x(index).toFixed(1)},${y(loss).toFixed(1)}`);
  return `<polyline fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}" points="${points.join(' ')}"/>`;
};
const text = (at, words, more = '') => `<text x="${at[0]}" y="${at[1]}" ${more}>${words}</text>`;
const ticks = [0, 1, 2, 3, 4]
  .filter((loss) => loss < highest)
  .map(
    (loss) =>
      `<path d="M${PLOT.x} ${y(loss)}h${PLOT.width}" stroke="#e1e4e8"/>` +
      text([PLOT.x - 8, y(loss) + 4], loss, 'text-anchor="end"'),
  );
const names = { main: 'main classifier', aux1: 'auxiliary 1', aux2: 'auxiliary 2' };
const legend = Object.entries(CURVES).map(
  ([name, [colour, dashes]], index) =>
    `<path d="M${330 + index * 128} 20h24" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/>` +
    text([358 + index * 128, 24], names[name]),
);

const grey = Buffer.from(pictures, 'base64');
const COUNT = Math.min(20, shown);
const SIDE = 32;
const digits = Array.from({ length: COUNT }, (_, index) => {
  const at = [PLOT.x + index * SIDE, 262];
  const right = guesses[index] === labels[index];
  const image = png(grey.subarray(index * width * width, (index + 1) * width * width), width);
  return (
    `<image x="${at[0]}" y="${at[1]}" width="28" height="28" href="data:image/png;base64,${image}"/>` +
    text(
      [at[0] + 14, at[1] + 44],
      guesses[index],
      `text-anchor="middle" ${right ? '' : 'fill="#c0392b" font-weight="bold"'}`,
    )
  );
});
const correct = guesses.filter((guess, index) => guess === labels[index]).length;
const caption = `digits it never saw, and what it calls them: ${correct} of ${guesses.length} right. ${steps.length} steps of training on ${adapter}, a software adapter`;

writeFileSync(
  file,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 340" font-family="sans-serif" font-size="12" fill="#24292f">
<rect width="${WIDTH}" height="340" fill="white"/>
${text([PLOT.x, 24], 'loss (cross-entropy) by step, mean of 10 steps')}
${[...legend, ...ticks, ...Object.entries(CURVES).map(line)].join('\n')}
${text([PLOT.x + PLOT.width, PLOT.y + PLOT.height + 16], `step ${steps.length}`, 'text-anchor="end"')}
${digits.join('\n')}
${text([PLOT.x, 330], caption, 'fill="#57606a"')}
</svg>
`,
);

/** A grey image as PNG, in base 64. */
function png(pixels, side) {
  const rows = Buffer.concat(
    Array.from({ length: side }, (_, row) =>
      Buffer.concat([Buffer.of(0), pixels.subarray(row * side, (row + 1) * side)]),
    ),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]).toString('base64');
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** The checksum of PNG; Node has one of its own from 22 on. */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

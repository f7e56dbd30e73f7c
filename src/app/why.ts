// Parts of a report that say why: the worst mistakes beside what the network looked at, and its first filters.
import { overlay } from '../explain/overlay';
import { fromBase64 } from './base64';
import type { Evaluation, Painted, Why } from './events';
import { paint, thumbnails } from './results';

/** Each mistake: the picture, the same under the map of what it was taken for, and which that was. */
export function worstMistakes(parent: HTMLElement, evaluation: Evaluation, why: Why): void {
  const { classes, labels, guesses, probabilities } = evaluation;
  const views = thumbnails(why.shown);
  const list = parent.appendChild(document.createElement('ul'));
  list.className = 'mistakes';
  why.mistakes.forEach((index, at) => {
    const [label, guess] = [classes[labels[index] ?? -1] ?? '?', classes[guesses[index] ?? -1] ?? '?'];
    const item = list.appendChild(document.createElement('li'));
    const view = views[at] as ImageData;
    const { width, height } = view;
    const picture = { width, height, data: new Uint8Array(view.data.buffer) };
    const { shape = [1, 1], data = [0] } = why.maps[at] ?? {};
    const map = overlay({ shape, data: Float32Array.from(data) }, picture);
    canvasOf(item, view, `picture of ${label}`);
    canvasOf(item, new ImageData(new Uint8ClampedArray(map.data), width, height), `map of ${guess}`);
    const text = item.appendChild(document.createElement('span'));
    text.textContent = `${guess}, ${(100 * (probabilities[index] ?? 0)).toFixed(0)} %, is ${label}`;
  });
}

/** A grid of filters, for instance. */
export function paintedView(parent: HTMLElement, { width, height, pixels }: Painted, says: string): void {
  const image = new ImageData(new Uint8ClampedArray(fromBase64(pixels)), width, height);
  canvasOf(parent, image, says).className = 'tiles-view';
}

function canvasOf(parent: HTMLElement, image: ImageData, says: string): HTMLCanvasElement {
  const canvas = parent.appendChild(document.createElement('canvas'));
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', says);
  paint(canvas, image);
  return canvas;
}

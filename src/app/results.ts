import { DIGIT_CLASSES } from '../io/digits';

/** A digit and what the network made of it. */
export interface Seen {
  readonly label: number;
  readonly guess: number;
  readonly probability: number;
  /** Grey values, height x width. */
  readonly pixels: Uint8Array;
}

/** A list of digits with what each was taken for; mistakes say so in words. */
export function digitGrid(parent: HTMLElement, seen: readonly Seen[], width: number): void {
  const list = parent.appendChild(document.createElement('ul'));
  list.className = 'digits';
  for (const { label, guess, probability, pixels } of seen) {
    const item = list.appendChild(document.createElement('li'));
    const percent = `${(100 * probability).toFixed(0)} %`;
    item.title = `is ${label}, read as ${guess} (${percent})`;
    const canvas = item.appendChild(document.createElement('canvas'));
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `handwritten ${label}`);
    paint(canvas, pixels, width);
    const text = item.appendChild(document.createElement('span'));
    text.textContent = guess === label ? `${guess}` : `${guess}, is ${label}`;
    if (guess !== label) item.className = 'wrong';
  }
}

function paint(canvas: HTMLCanvasElement, pixels: Uint8Array, width: number): void {
  const height = pixels.length / width;
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  pixels.forEach((grey, index) => image.data.set([grey, grey, grey, 255], index * 4));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** How often each digit was read as which. */
export function confusionTable(
  parent: HTMLElement,
  labels: readonly number[],
  guesses: readonly number[],
): void {
  const counts = Array.from({ length: DIGIT_CLASSES }, () => new Array<number>(DIGIT_CLASSES).fill(0));
  labels.forEach((label, index) => {
    const row = counts[label];
    const guess = guesses[index];
    if (row && guess !== undefined) row[guess] = (row[guess] ?? 0) + 1;
  });
  const table = parent.appendChild(document.createElement('table'));
  table.className = 'confusion';
  table.createCaption().textContent = 'Rows: the digit; columns: what it was read as.';
  const head = table.createTHead().insertRow();
  head.append(heading('', 'col'), ...counts.map((_, guess) => heading(`${guess}`, 'col')));
  const body = table.createTBody();
  counts.forEach((row, label) => {
    const line = body.insertRow();
    line.append(heading(`${label}`, 'row'));
    const all = row.reduce((a, b) => a + b, 0);
    row.forEach((count, guess) => {
      const cell = line.insertCell();
      cell.textContent = count === 0 ? '·' : `${count}`;
      const kind = guess === label ? 'right' : 'wrong';
      if (count > 0) cell.className = kind;
      // A mistake shows from one in five on as strongly as the diagonal.
      const strength = Math.min(1, ((guess === label ? 1 : 5) * count) / Math.max(1, all));
      cell.style.setProperty('--strength', `${Math.round(45 * strength)}%`);
    });
  });
}

function heading(text: string, scope: 'row' | 'col'): HTMLTableCellElement {
  const cell = document.createElement('th');
  cell.scope = scope;
  cell.textContent = text;
  return cell;
}

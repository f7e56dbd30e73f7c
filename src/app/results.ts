import { fromBase64 } from './base64';
import type { Evaluation, Shown } from './events';
import { calibrationOf, confusionOf, perClass, type Judged } from './metrics';

/** Classes up to which a table of all against all can be read. */
const TABLE = 20;
/** Letters of all columns' names, each as long as the longest, up to which names fit above them. */
const LETTERS = 48;
/** Rows of a list that stands in its place. */
const LISTED = 20;

/** A list of pictures with what each was taken for; mistakes say so in words. */
export function pictureGrid(parent: HTMLElement, evaluation: Evaluation): void {
  const { shown, classes, labels, guesses, probabilities } = evaluation;
  const views = thumbnails(shown);
  const list = parent.appendChild(document.createElement('ul'));
  list.className = classes.every((name) => name.length < 3) ? 'pictures short' : 'pictures';
  for (let index = 0; index < shown.count; index++) {
    const [label, guess] = [classes[labels[index] ?? -1] ?? '?', classes[guesses[index] ?? -1] ?? '?'];
    const item = list.appendChild(document.createElement('li'));
    const percent = `${(100 * (probabilities[index] ?? 0)).toFixed(0)} %`;
    item.title = `is ${label}, taken for ${guess} (${percent})`;
    const canvas = item.appendChild(document.createElement('canvas'));
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `picture of ${label}`);
    paint(canvas, views[index] as ImageData);
    const text = item.appendChild(document.createElement('span'));
    text.textContent = guess === label ? guess : `${guess}, is ${label}`;
    if (guess !== label) item.className = 'wrong';
  }
}

/** The pictures, one by one. */
export function thumbnails({ count, width, height, pixels }: Shown): ImageData[] {
  const bytes = fromBase64(pixels);
  const area = width * height;
  return Array.from({ length: count }, (_, index) => {
    const image = new ImageData(width, height);
    for (let pixel = 0; pixel < area; pixel++) {
      const from = 3 * (index * area + pixel);
      image.data.set([bytes[from] ?? 0, bytes[from + 1] ?? 0, bytes[from + 2] ?? 0, 255], 4 * pixel);
    }
    return image;
  });
}

export function paint(canvas: HTMLCanvasElement, image: ImageData): void {
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** How often each class was taken for which: a table, or of many classes what is mixed up most. */
export function confusions(parent: HTMLElement, judged: Judged): void {
  if (judged.classes.length <= TABLE) confusionTable(parent, judged);
  else mixedUp(parent, judged);
}

function confusionTable(parent: HTMLElement, judged: Judged): void {
  const counts = confusionOf(judged);
  const scroll = parent.appendChild(document.createElement('div'));
  scroll.className = 'scroll';
  scroll.tabIndex = 0;
  const table = scroll.appendChild(document.createElement('table'));
  const { classes } = judged;
  const long = Math.max(...classes.map((name) => name.length)) * classes.length > LETTERS;
  table.className = long ? 'confusion long' : 'confusion';
  const taken = long ? 'what it was taken for, by its number' : 'what it was taken for';
  table.createCaption().textContent = `Rows: the class; columns: ${taken}.`;
  const head = table.createTHead().insertRow();
  head.append(heading('', 'col'));
  classes.forEach((name, at) => {
    const column = head.appendChild(heading(long ? `${at + 1}` : name, 'col'));
    if (long) column.title = name;
  });
  const body = table.createTBody();
  counts.forEach((row, label) => {
    const line = body.insertRow();
    line.append(heading(`${long ? `${label + 1} ` : ''}${classes[label] ?? ''}`, 'row'));
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

function mixedUp(parent: HTMLElement, judged: Judged): void {
  const { classes } = judged;
  const pairs = confusionOf(judged).flatMap((row, label) =>
    row.flatMap((count, guess) => (guess !== label && count > 0 ? [{ label, guess, count }] : [])),
  );
  const most = pairs.toSorted((a, b) => b.count - a.count).slice(0, LISTED);
  const name = (at: number): string => classes[at] ?? '';
  const rows = most.map(({ label, guess, count }) => [name(label), name(guess), `${count}`]);
  listTable(parent, 'What is mixed up most often', ['Class', 'Taken for', 'Pictures'], rows);
}

/** Each class by itself: the worst first. */
export function classTable(parent: HTMLElement, judged: Judged): void {
  const share = ({ correct, count }: { correct: number; count: number }): number =>
    count === 0 ? Infinity : correct / count;
  const rows = perClass(judged)
    .toSorted((a, b) => share(a) - share(b))
    .map((each) => [
      each.class,
      each.count === 0 ? 'no pictures' : `${((100 * each.correct) / each.count).toFixed(0)} %`,
      `${each.correct} of ${each.count}`,
      `${each.taken - each.correct}`,
    ]);
  const caption =
    rows.length > LISTED ? `The ${LISTED} worst of ${rows.length} classes` : 'Each class, the worst first';
  listTable(parent, caption, ['Class', 'Right', 'Pictures', 'Others taken for it'], rows.slice(0, LISTED));
}

/** Whether it is as sure as it may be. */
export function calibrationTable(parent: HTMLElement, evaluation: Evaluation): void {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const { bins, error } = calibrationOf(evaluation);
  const rows = bins.map(({ from, to, count, said, right }) => [
    `${percent(from)} to ${percent(to)}`,
    percent(said),
    percent(right),
    `${count}`,
  ]);
  const caption = `What it says it knows, and how often it does: ${percent(error)} apart on average`;
  listTable(parent, caption, ['Probability', 'Mean of them', 'Right', 'Pictures'], rows);
}

function listTable(
  parent: HTMLElement,
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const scroll = parent.appendChild(document.createElement('div'));
  scroll.className = 'scroll';
  scroll.tabIndex = 0;
  const table = scroll.appendChild(document.createElement('table'));
  table.className = 'list';
  table.createCaption().textContent = caption;
  table
    .createTHead()
    .insertRow()
    .append(...heads.map((head) => heading(head, 'col')));
  const body = table.createTBody();
  for (const [first = '', ...rest] of rows) {
    const line = body.insertRow();
    line.append(heading(first, 'row'));
    for (const text of rest) {
      const cell = line.insertCell();
      cell.textContent = text;
      // A number may not break.
      if (text.length < 12) cell.className = 'short';
    }
  }
}

function heading(text: string, scope: 'row' | 'col'): HTMLTableCellElement {
  const cell = document.createElement('th');
  cell.scope = scope;
  cell.textContent = text;
  return cell;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COLON = 0x3a;

/** Index after the string literal that starts at `start`. */
function afterString(text: string, start: number): number {
  let index = start + 1;
  while (text.charCodeAt(index) !== QUOTE) index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index + 1;
}

/**
 * The first key that occurs twice in one object of a JSON text, at any depth: `JSON.parse` keeps the last silently.
 * @param text JSON that has been parsed successfully.
 */
export function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  let index = 0;
  let candidate: string | undefined; // the last string, a key if a colon follows
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      const end = afterString(text, index);
      candidate = text.slice(index, end);
      index = end;
      continue;
    }
    if (code === OPEN) open.push(new Set());
    else if (code === CLOSE) open.pop();
    else if (code === COLON && candidate !== undefined) {
      const key = JSON.parse(candidate) as string; // one key may be spelt in several ways
      const keys = open[open.length - 1];
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    index++;
  }
  return undefined;
}

// Names of files and classes: their order, and which are nobody's.

/** A UTF-16 unit such that units have the order of code points: those of pairs come last. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** For `sort`: by code point, so that the order is the same in every language and on every disk. */
export function byCodePoint(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const difference = rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Composed (NFC): some disks give the letters of a name and their accents apart. */
export const composed = (name: string): string => name.normalize('NFC');

/** What systems leave in folders, such as `.DS_Store` and `._cat.jpg`: passed over without a word. */
export const isHidden = (name: string): boolean =>
  /^(?:\.|Thumbs\.db$|desktop\.ini$|__MACOSX$|@eaDir$)/i.test(name);

/** Whether a file is called a picture. */
export const isCalledPicture = (file: string): boolean =>
  /\.(?:jpe?g|jpe|jfif|a?png|webp|gif|avif|bmp|tiff?|hei[cf]|jxl)$/i.test(file);

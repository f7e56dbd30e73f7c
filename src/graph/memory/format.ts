const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Three digits and a decimal unit: `207 MB`, `1.07 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  // One that rounding would bring to 1000 has the next unit.
  const power = Math.floor(Math.log10(Number(bytes.toPrecision(3))) / 3);
  const amount = bytes / 1000 ** power;
  return `${Number(amount.toPrecision(3))} ${UNITS[power] ?? ''}`;
}

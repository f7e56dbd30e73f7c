/** The file with another header before the same data. */
export function withHeader(file: Uint8Array, change: (header: unknown) => string): Uint8Array {
  const end = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, end))) as unknown;
  const text = new TextEncoder().encode(change(header));
  const changed = new Uint8Array(8 + text.length + file.length - end);
  new DataView(changed.buffer).setBigUint64(0, BigInt(text.length), true);
  changed.set(text, 8);
  changed.set(file.subarray(end), 8 + text.length);
  return changed;
}

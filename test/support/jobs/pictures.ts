import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { decodePicture } from '../../../src/data/browser/decode';
import { PictureDecoder } from '../../../src/data/browser/decoder';
import type { DecodedPicture, DecodeOptions } from '../../../src/data/picture';

interface Given {
  /** Bytes, by name. */
  readonly files: Readonly<Record<string, readonly number[]>>;
  readonly options: DecodeOptions;
}

const blobs = (files: Given['files']): [string, Blob][] =>
  Object.entries(files).map(([name, bytes]) => [name, new Blob([Uint8Array.from(bytes)])]);

/** Pictures as workers decode them, and whether the page decodes the same. */
export async function decodeInBrowser(_context: JobContext, { files, options }: Given) {
  const [decoder, alone] = [new PictureDecoder({ workers: 2 }), new PictureDecoder({ workers: 0 })];
  const found: Record<string, DecodedPicture> = {};
  const differing: string[] = [];
  await Promise.all(
    blobs(files).map(async ([name, blob]) => {
      const picture = await decoder.decode(blob, options);
      const bytes = new Uint8Array(await blob.arrayBuffer());
      for (const same of [await alone.decode(blob, options), await decodePicture(bytes, options)]) {
        if (same.data.some((byte, index) => byte !== picture.data[index])) differing.push(name);
      }
      found[name] = picture;
    }),
  );
  const { workers } = decoder;
  decoder.close();
  alone.close();
  return { found, differing, workers: [workers, alone.workers] };
}

/** What is said of files that cannot be decoded, in workers and in the page, and by a decoder that is closed. */
export async function undecodableInBrowser(_context: JobContext, { files, options }: Given) {
  const decoder = new PictureDecoder({ workers: 1 });
  const all = blobs(files).flatMap(([name, blob]) => [
    [`${name} in a worker`, () => decoder.decode(blob, { ...options, where: name })] as const,
    [`${name} in the page`, () => decodePicture(blob, { ...options, where: name })] as const,
  ]);
  const messages = await attempt({
    ...Object.fromEntries(all),
    'wrong options': () => decoder.decode(new Blob([]), {} as never),
    'wrong workers': () => Promise.resolve(new PictureDecoder({ workers: -1 })),
  });
  const [[, blob] = ['', new Blob([])]] = blobs(files);
  const late = decoder.decode(blob, options);
  decoder.close();
  const closed = await attempt({ 'under way': () => late, afterwards: () => decoder.decode(blob, options) });
  return { messages, closed };
}

/** A picture, where workers are missing and where they cannot be loaded. */
export async function decodeWithoutWorkers(_context: JobContext, { files, options }: Given) {
  const [[, blob] = ['', new Blob([])]] = blobs(files);
  const real = globalThis.Worker;
  const sizes: number[][] = [];
  class Broken extends real {
    constructor() {
      super(URL.createObjectURL(new Blob(['throw new Error("broken")'])));
    }
  }
  try {
    for (const worker of [undefined, Broken]) {
      Object.assign(globalThis, { Worker: worker });
      const decoder = new PictureDecoder({ workers: 2 });
      const pictures = await Promise.all([1, 2, 3].map(() => decoder.decode(blob, options)));
      sizes.push([decoder.workers, ...pictures.map(({ width }) => width)]);
      decoder.close();
    }
  } finally {
    globalThis.Worker = real;
  }
  return sizes;
}

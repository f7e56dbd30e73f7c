// Decodes a picture in a worker of the package, which the bundler has to find.
import { PictureDecoder } from 'inception-webgpu/data';

async function decode() {
  const canvas = new OffscreenCanvas(20, 10);
  canvas.getContext('2d');
  const decoder = new PictureDecoder({ workers: 1 });
  const { width, height } = await decoder.decode(await canvas.convertToBlob(), { shorterSide: 5 });
  return { width, height, workers: decoder.workers };
}

Object.assign(globalThis, { result: decode() });

import { isTyped, requireArray, requireObject, typeName } from '../core/check';
import { bytesOf } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, roundUp } from '../core/shape';
import { createBuffer, destroyBuffers } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import { checkSource } from './check_source';
import type { InputSource } from './input_source';
import { relayoutPipeline, submitRelayout } from './relayout';

/** What browsers have images in, or a texture of yours: rgba8unorm, 2D, with the usage COPY_SRC. */
export type ImageSource =
  | ImageBitmap
  | ImageData
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | HTMLImageElement
  | VideoFrame
  | GPUTexture;

/** WebGPU's copies out of textures have rows of a multiple of so many bytes. */
const ROW = 256;

/** The names of width and height, by what an image is. */
const SIZES: Readonly<Record<string, readonly [width: string, height: string]>> = {
  HTMLVideoElement: ['videoWidth', 'videoHeight'],
  HTMLImageElement: ['naturalWidth', 'naturalHeight'],
  VideoFrame: ['displayWidth', 'displayHeight'],
  ...Object.fromEntries(
    ['ImageBitmap', 'ImageData', 'HTMLCanvasElement', 'OffscreenCanvas', 'GPUTexture'].map((name) => [
      name,
      ['width', 'height'] as const,
    ]),
  ),
};

/**
 * Images for an input of packed pixels, (N, 1, H, W), without a trip of their numbers through JavaScript. They are copied
 * whenever the source is given to `program.write`, `trainer.step` or `classifier.run`. Bytes of opaque images are exact;
 * alpha is left out, and colours that were multiplied by it are divided by it again, by the browser and in sRGB.
 *
 *     const bitmap = await createImageBitmap(file, { resizeWidth: 224, resizeHeight: 224 });
 *     const { top } = await classifier.run(await fromImages(engine, [bitmap]));
 *
 * @throws {ValueError} for what is no image; later for one that is closed or that another site's rules protect, a texture of
 *   another format or without COPY_SRC; {ShapeError} for one of another size than the input's
 */
export async function fromImages(engine: Engine, images: readonly ImageSource[]): Promise<InputSource> {
  const from = 'fromImages';
  requireDevice(engine, from);
  if (requireArray(from, 'the images', images).length === 0)
    throw new ValueError(from, 'needs an image at least');
  images.forEach((image) => requireImage(from, image));
  const pipeline = await relayoutPipeline(engine, 'gather');
  return {
    engine,
    check: checkSource,
    count(where, { shape, dtype }) {
      const [, words, height = 1, width = 1] = shape;
      if (dtype !== 'u32' || shape.length !== 4 || words !== 1) {
        const advice = "build the graph with packed input, such as googlenet({ input: 'rgba8' })";
        throw new ValueError(
          where,
          'images need an input of packed pixels',
          `${dtype} ${formatShape(shape)}`,
          advice,
        );
      }
      for (const image of images) {
        const [across, down] = sizeOfImage(image);
        if (across === width && down === height) continue;
        const advice = `createImageBitmap(image, { resizeWidth: ${width}, resizeHeight: ${height} }) makes one of that size`;
        throw new ShapeError(where, `images must be ${width} x ${height}`, `${across} x ${down}`, advice);
      }
      return images.length;
    },
    write({ value, view, buffer, offset }, first) {
      const [count = 1, , height = 1, width = 1] = value.shape;
      const chosen = images.slice(first, first + count);
      const bytesPerRow = roundUp(bytesOf(width), ROW);
      const made: GPUTexture[] = [];
      const staging = createBuffer(engine, {
        label: from,
        // Zeros where there are no more images.
        size: count * height * bytesPerRow,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      });
      const stride = bytesPerRow / bytesOf(1);
      const relayout = {
        pipeline,
        params: { count: count * height * width, rows: count * height, channels: width, plane: 1, stride },
        x: { buffer: staging, offset: 0, words: count * height * stride },
        y: { buffer, offset: offset + bytesOf(view.offset) },
      };
      const done = submitRelayout(engine, from, relayout, (encoder) => {
        chosen.forEach((image, index) => {
          const texture = textureOf(engine, image, made);
          const layout = { buffer: staging, offset: index * height * bytesPerRow, bytesPerRow };
          encoder.copyTextureToBuffer({ texture }, layout, [width, height]);
        });
      });
      destroyBuffers(engine, [staging]);
      made.forEach((texture) => texture.destroy());
      return done;
    },
  };
}

function requireImage(where: string, image: unknown): void {
  requireObject(where, 'an image', image);
  const kind = typeName(image);
  if (!(kind in SIZES))
    throw new ValueError(where, `each image must be one of ${Object.keys(SIZES).join(', ')}`, kind);
  if (kind !== 'GPUTexture') return;
  const { format, usage, sampleCount } = image as GPUTexture;
  const isCopied = (usage & GPUTextureUsage.COPY_SRC) !== 0;
  if (/^rgba8unorm(-srgb)?$/.test(format) && sampleCount === 1 && isCopied) return;
  const got = `${format}, ${sampleCount} samples, ${isCopied ? 'with' : 'without'} COPY_SRC`;
  throw new ValueError(where, 'a texture must be rgba8unorm with one sample and the usage COPY_SRC', got);
}

function sizeOfImage(image: ImageSource): readonly [width: number, height: number] {
  const [width, height] = SIZES[typeName(image)] as readonly [keyof ImageSource, keyof ImageSource];
  return [image[width], image[height]];
}

/** The image in a texture: its own, or one of `made`. */
function textureOf({ device }: Engine, image: ImageSource, made: GPUTexture[]): GPUTexture {
  if (typeName(image) === 'GPUTexture') return image as GPUTexture;
  const [width, height] = sizeOfImage(image);
  const { COPY_SRC, COPY_DST, RENDER_ATTACHMENT } = GPUTextureUsage;
  const texture = device.createTexture({
    label: 'image',
    size: [width, height],
    format: 'rgba8unorm',
    usage: COPY_SRC | COPY_DST | RENDER_ATTACHMENT,
  });
  made.push(texture);
  const { data } = image as ImageData;
  if (isTyped(data, 'Uint8ClampedArray')) {
    // As they are: no browser multiplies these.
    device.queue.writeTexture({ texture }, data, { bytesPerRow: bytesOf(width) }, [width, height]);
    return texture;
  }
  const copy = (source: GPUCopyExternalImageSource): void =>
    device.queue.copyExternalImageToTexture(
      { source },
      { texture, premultipliedAlpha: false, colorSpace: 'srgb' },
      [width, height],
    );
  try {
    if (!/Video/.test(typeName(image))) copy(image as ImageBitmap);
    else {
      // Chrome copies no video to the textures of a software adapter; by a canvas it does so everywhere.
      const canvas = new OffscreenCanvas(width, height);
      canvas.getContext('2d')?.drawImage(image as VideoFrame, 0, 0, width, height);
      copy(canvas);
    }
  } catch (cause) {
    const advice = 'it must not be closed, and its site must allow reading it';
    throw new ValueError('fromImages', 'the browser gives no copy of an image', String(cause), advice, {
      cause,
    });
  }
  return texture;
}

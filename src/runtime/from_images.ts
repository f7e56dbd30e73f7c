import { isTyped, requireArray, requireObject, typeName } from '../core/check';
import { bytesOf } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, roundUp } from '../core/shape';
import { createBuffer, destroyBuffers } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import { checkSource } from './check_source';
import type { InputSource } from './input_source';
import { relayoutPipeline, submitRelayout } from './relayout';

/** What browsers have pictures in, or a texture of yours: rgba8unorm, 2D, with the usage COPY_SRC. */
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

/** The names of width and height, by what a picture is. */
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
 * Pictures for an input of packed pixels, (N, 1, H, W), without a trip of their numbers through JavaScript. They are copied
 * whenever the source is given to `program.write`, `trainer.step` or `classifier.run`. Bytes of opaque pictures are exact;
 * alpha is left out, and colours that were multiplied by it are divided by it again, by the browser and in sRGB.
 *
 *     const bitmap = await createImageBitmap(file, { resizeWidth: 224, resizeHeight: 224 });
 *     const { top } = await classifier.run(await fromImages(engine, [bitmap]));
 *
 * @throws {ValueError} for what is no picture; later for one that is closed or that another site's rules protect, a texture of
 *   another format or without COPY_SRC; {ShapeError} for one of another size than the input's
 */
export async function fromImages(engine: Engine, pictures: readonly ImageSource[]): Promise<InputSource> {
  const from = 'fromImages';
  requireDevice(engine, from);
  if (requireArray(from, 'the pictures', pictures).length === 0)
    throw new ValueError(from, 'needs a picture at least');
  pictures.forEach((picture) => requirePicture(from, picture));
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
          'pictures need an input of packed pixels',
          `${dtype} ${formatShape(shape)}`,
          advice,
        );
      }
      for (const picture of pictures) {
        const [across, down] = sizeOfPicture(picture);
        if (across === width && down === height) continue;
        const advice = `createImageBitmap(picture, { resizeWidth: ${width}, resizeHeight: ${height} }) makes one of that size`;
        throw new ShapeError(where, `pictures must be ${width} x ${height}`, `${across} x ${down}`, advice);
      }
      return pictures.length;
    },
    write({ value, view, buffer, offset }, first) {
      const [count = 1, , height = 1, width = 1] = value.shape;
      const chosen = pictures.slice(first, first + count);
      const bytesPerRow = roundUp(bytesOf(width), ROW);
      const made: GPUTexture[] = [];
      const staging = createBuffer(engine, {
        label: from,
        // Zeros where there are no more pictures.
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
        chosen.forEach((picture, index) => {
          const texture = textureOf(engine, picture, made);
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

function requirePicture(where: string, picture: unknown): void {
  requireObject(where, 'a picture', picture);
  const kind = typeName(picture);
  if (!(kind in SIZES))
    throw new ValueError(where, `each picture must be one of ${Object.keys(SIZES).join(', ')}`, kind);
  if (kind !== 'GPUTexture') return;
  const { format, usage, sampleCount } = picture as GPUTexture;
  const isCopied = (usage & GPUTextureUsage.COPY_SRC) !== 0;
  if (/^rgba8unorm(-srgb)?$/.test(format) && sampleCount === 1 && isCopied) return;
  const got = `${format}, ${sampleCount} samples, ${isCopied ? 'with' : 'without'} COPY_SRC`;
  throw new ValueError(where, 'a texture must be rgba8unorm with one sample and the usage COPY_SRC', got);
}

function sizeOfPicture(picture: ImageSource): readonly [width: number, height: number] {
  const [width, height] = SIZES[typeName(picture)] as readonly [keyof ImageSource, keyof ImageSource];
  return [picture[width], picture[height]];
}

/** The picture in a texture: its own, or one of `made`. */
function textureOf({ device }: Engine, picture: ImageSource, made: GPUTexture[]): GPUTexture {
  if (typeName(picture) === 'GPUTexture') return picture as GPUTexture;
  const [width, height] = sizeOfPicture(picture);
  const { COPY_SRC, COPY_DST, RENDER_ATTACHMENT } = GPUTextureUsage;
  const texture = device.createTexture({
    label: 'picture',
    size: [width, height],
    format: 'rgba8unorm',
    usage: COPY_SRC | COPY_DST | RENDER_ATTACHMENT,
  });
  made.push(texture);
  const { data } = picture as ImageData;
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
    if (!/Video/.test(typeName(picture))) copy(picture as ImageBitmap);
    else {
      // Chrome copies no video to the textures of a software adapter; by a canvas it does so everywhere.
      const canvas = new OffscreenCanvas(width, height);
      canvas.getContext('2d')?.drawImage(picture as VideoFrame, 0, 0, width, height);
      copy(canvas);
    }
  } catch (cause) {
    const advice = 'it must not be closed, and its site must allow reading it';
    throw new ValueError('fromImages', 'the browser gives no copy of a picture', String(cause), advice, {
      cause,
    });
  }
  return texture;
}

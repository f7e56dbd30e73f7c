import { bytesOf } from '../core/dtype';
import { isTyped, requireArray, requireMade, requireObject, typeName } from '../core/check';
import { LimitError, ShapeError, ValueError } from '../core/errors';
import type { Launch, View } from '../core/op';
import { checkOptions } from '../core/options';
import { formatShape, roundUp } from '../core/shape';
import { createBindGroup, createBuffer, destroyBuffers, submit, writeBuffer } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import { Graph } from '../graph/graph';
import { crop } from '../ops/crop';
import { CROP_COLUMNS, PARTNER, SHARE } from '../ops/crop_table';
import { checkSource } from '../runtime/check_source';
import type { InputPlace, InputSource } from '../runtime/input_source';
import { Lifetime } from '../runtime/lifetime';
import { packStruct } from '../runtime/uniforms';
import { CROP, type CropAttrs } from '../ops/crop_attributes';
import type { CropNumbers } from '../data/crop_numbers';
import { cropTable } from '../data/crop_table';
import type { DecodedPicture } from '../data/picture';

/** What a storage binding's offset is a multiple of, in bytes. */
const ALIGNMENT = 256;
const WHERE = 'cropper';

/** Of either kind of input: with rows that are padded with zeros, and without. */
type Pipelines = Readonly<Record<'padded' | 'plain', GPUComputePipeline>>;

/**
 * Makes a network's images out of decoded pictures, by the op `crop`: they go to the GPU as bytes, and what it computes of
 * them lands in the network's input.
 */
export class Cropper {
  readonly engine: Engine;
  readonly #attrs: CropAttrs;
  /** There before anything is written: a program runs without waiting for its inputs. */
  readonly #pipelines: Pipelines;
  readonly #life = new Lifetime();
  /** Pictures and their table, as far as they were needed; written anew for each part of a batch. */
  #buffers: { readonly x: GPUBuffer; readonly table: GPUBuffer; readonly params: GPUBuffer } | undefined;

  private constructor(engine: Engine, attrs: CropAttrs, pipelines: Pipelines) {
    requireMade('Cropper', pipelines, 'padded');
    this.engine = engine;
    this.#attrs = attrs;
    this.#pipelines = pipelines;
  }

  /**
   *     const cropper = await Cropper.create(engine, { size: 224, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] });
   *     await trainer.step(cropper.images(pictures, pictures.map((each) => centreCrop(each))), labels);
   *
   * @param attrs height and width of the images, and how their colours are normalised; see the op `crop`
   * @throws {ValueError} for attributes that make no sense
   */
  static async create(engine: Engine, attrs: CropAttrs): Promise<Cropper> {
    requireDevice(engine, WHERE);
    checkOptions(WHERE, attrs, CROP);
    const made = async (zeroPadded: boolean): Promise<GPUComputePipeline> => {
      const { shader, entry, constants = {} } = launchOf(engine, attrs, 1, 1, { ...rows(4), zeroPadded });
      return engine.pipelines.get({ shader, entry, constants });
    };
    const [padded, plain] = await Promise.all([made(true), made(false)]);
    return new Cropper(engine, { ...attrs }, { padded, plain });
  }

  /**
   * Images for a network's input, (N, 3, size, size) of float32. The pictures are read when the source is given to
   * `trainer.step`, `classifier.run` or `program.write`; they must stay as they are until then.
   * @param pictures N of them
   * @param crops what is taken of each
   * @throws {ValueError | ShapeError} for pictures or crops that do not fit together; {LimitError} for one that the device cannot
   * bind, or cannot together with the one that is mixed in
   */
  images(pictures: readonly DecodedPicture[], crops: readonly CropNumbers[]): InputSource {
    this.#life.require(WHERE);
    requireArray(WHERE, 'the pictures', pictures).forEach((picture, index) => this.#require(picture, index));
    const table = cropTable(crops);
    if (crops.length !== pictures.length || crops.length === 0) {
      const got = `${pictures.length} pictures, ${crops.length} crops`;
      throw new ShapeError(WHERE, 'needs a crop for each picture, and one at least', got);
    }
    crops.forEach(({ picture: { width, height } }, index) => {
      const picture = pictures[index] as DecodedPicture;
      if (picture.width === width && picture.height === height) return;
      const problem = `crop ${index} is of a picture of ${width} x ${height}`;
      throw new ValueError(WHERE, problem, `${picture.width} x ${picture.height}`);
    });
    pictures.forEach((_, index) => this.#requireRoom(pictures, index, partnerOf(table, index)));
    const { size } = this.#attrs;
    return {
      engine: this.engine,
      check: checkSource,
      count(where, { shape, dtype, plane }) {
        const [, channels, height, width] = shape;
        const fits = dtype === 'f32' && channels === 3 && height === size && width === size && !plane;
        if (!fits) {
          const got = `${dtype} ${formatShape(shape)}`;
          throw new ShapeError(where, `the cropper makes images of f32 [N, 3, ${size}, ${size}]`, got);
        }
        return pictures.length;
      },
      // All is submitted before the promise is there. What fails is told of where results are read.
      write: (to, first) =>
        new Promise((resolve) => {
          this.#write(to, pictures, table, first);
          resolve();
        }),
    };
  }

  #require(picture: unknown, index: number): asserts picture is DecodedPicture {
    const what = `picture ${index}`;
    requireObject(WHERE, what, picture, ['width', 'height', 'data']);
    const { width, height, data } = picture as DecodedPicture;
    if (!isTyped(data, 'Uint8Array'))
      throw new ValueError(WHERE, `the data of ${what} must be a Uint8Array`, typeName(data));
    if (data.length !== 4 * width * height) {
      const problem = `${what} of ${width} x ${height} has ${4 * width * height} bytes`;
      throw new ShapeError(WHERE, problem, `${data.length}`);
    }
  }

  /** @throws {LimitError} if a picture, with that which is mixed in, is more than the device binds */
  #requireRoom(pictures: readonly DecodedPicture[], row: number, partner: number): void {
    const limit = this.engine.device.limits.maxStorageBufferBindingSize;
    const { width, height, data } = pictures[row] as DecodedPicture;
    const bytes =
      partner === row ? data.length : 2 * Math.max(data.length, pictures[partner]?.data.length ?? 0);
    if (bytes <= limit) return;
    const beside = partner === row ? '' : `, with picture ${partner},`;
    const problem = `picture ${row} of ${width} x ${height}${beside} is more than the device binds at once`;
    throw new LimitError(WHERE, problem, `${bytes} of ${limit} bytes`, 'scale it down while decoding');
  }

  #write(
    to: InputPlace,
    pictures: readonly DecodedPicture[],
    table: Float32Array<ArrayBuffer>,
    first: number,
  ): void {
    this.#life.require(WHERE);
    const images = to.value.shape[0] ?? 1;
    const end = Math.min(first + images, pictures.length);
    for (let from = first; from < end;) {
      const count = this.#fitting(pictures, table, from, end);
      const own = Array.from({ length: count }, (_, index) => from + index);
      // Those that are mixed in come behind.
      const rows = [...new Set([...own, ...own.map((row) => partnerOf(table, row))])];
      const part = new Float32Array(rows.length * CROP_COLUMNS);
      rows.forEach((row, slot) => {
        part.set(table.subarray(row * CROP_COLUMNS, (row + 1) * CROP_COLUMNS), slot * CROP_COLUMNS);
        part[slot * CROP_COLUMNS + PARTNER] = rows.indexOf(partnerOf(table, row));
      });
      const chosen = rows.map((row) => pictures[row] as DecodedPicture);
      this.#submit(to, from - first, count, chosen, part);
      from += count;
    }
    this.#clear(to, Math.max(0, end - first));
  }

  /** Zeros in place of images from one on. */
  #clear({ value, view, buffer, offset }: InputPlace, from: number): void {
    const each = this.#attrs.size ** 2 * view.stride;
    const rest = (value.shape[0] ?? 1) - from;
    // An input that lies inside of a larger tensor has others' numbers in between.
    if (rest === 0 || !(view.zeroPadded || view.stride === value.shape[1])) return;
    const encoder = this.engine.device.createCommandEncoder({ label: WHERE });
    encoder.clearBuffer(buffer, offset + bytesOf(view.offset + from * each), bytesOf(rest * each));
    submit(this.engine, encoder);
  }

  /** How many pictures from one on, with those that are mixed in, one dispatch can read: each has as much room as the largest. */
  #fitting(pictures: readonly DecodedPicture[], table: Float32Array, from: number, end: number): number {
    const limit = this.engine.device.limits.maxStorageBufferBindingSize;
    const rows = new Set<number>();
    let largest = 0;
    for (let next = from; next < end; next++) {
      for (const row of [next, partnerOf(table, next)]) {
        rows.add(row);
        largest = Math.max(largest, pictures[row]?.data.length ?? 0);
      }
      if (rows.size * largest > limit) return next - from;
    }
    return end - from;
  }

  /** @param count images to be made: of the first pictures; the others are mixed in */
  #submit(
    { view, buffer, offset, size: bytes }: InputPlace,
    at: number,
    count: number,
    pictures: readonly DecodedPicture[],
    table: Float32Array<ArrayBuffer>,
  ): void {
    const { engine } = this;
    const { size } = this.#attrs;
    const words = Math.max(...pictures.map(({ data }) => data.length / 4));
    const aligned = Math.floor(offset / ALIGNMENT) * ALIGNMENT;
    const y: View = {
      ...view,
      offset: (offset - aligned) / bytesOf(1) + view.offset + at * size * size * view.stride,
    };
    const { shader, entry, params, workgroups } = launchOf(engine, this.#attrs, count, words, y);
    const layout = shader.structs['Params'];
    const own = this.#room(bytesOf(pictures.length * words), table.byteLength, layout?.size ?? 0);
    pictures.forEach(({ data }, index) => writeBuffer(engine, own.x, bytesOf(index * words), data));
    writeBuffer(engine, own.table, 0, table);
    const packed = new ArrayBuffer(layout?.size ?? 0);
    packStruct(WHERE, layout as never, params, new DataView(packed));
    writeBuffer(engine, own.params, 0, packed);
    const target = { buffer, offset: aligned, size: offset - aligned + bytes };
    const resources: Readonly<Record<string, GPUBufferBinding>> = {
      p: { buffer: own.params },
      x: { buffer: own.x },
      table: { buffer: own.table },
      y: target,
      y_rows: target,
    };
    const entries = Object.entries(shader.entries[entry] ?? {}).map(([name, { binding }]) => ({
      binding,
      resource: resources[name] as GPUBufferBinding,
    }));
    const pipeline = this.#pipelines[view.zeroPadded ? 'padded' : 'plain'];
    const encoder = engine.device.createCommandEncoder({ label: WHERE });
    const pass = encoder.beginComputePass({ label: WHERE });
    pass.setPipeline(pipeline);
    const group = { label: WHERE, layout: pipeline.getBindGroupLayout(0), entries };
    pass.setBindGroup(0, createBindGroup(engine, group));
    pass.dispatchWorkgroups(...workgroups);
    pass.end();
    submit(engine, encoder);
  }

  /** Buffers that hold so many bytes. */
  #room(x: number, table: number, params: number) {
    const { engine } = this;
    const own = this.#buffers;
    if (own && own.x.size >= x && own.table.size >= table) return own;
    const make = (label: string, bytes: number, usage: number): GPUBuffer =>
      createBuffer(engine, { label, size: roundUp(bytes, 16), usage: usage | GPUBufferUsage.COPY_DST });
    destroyBuffers(engine, own ? Object.values(own) : []);
    this.#buffers = undefined;
    const most = Math.max(x, own?.x.size ?? 0);
    const rows = Math.max(table, own?.table.size ?? 0);
    return (this.#buffers = {
      x: make('pictures', most, GPUBufferUsage.STORAGE),
      table: make('crops', rows, GPUBufferUsage.STORAGE),
      params: make('crop', params, GPUBufferUsage.UNIFORM),
    });
  }

  /** Frees the memory. */
  destroy(): void {
    if (!this.#life.end()) return;
    if (this.#buffers) destroyBuffers(this.engine, Object.values(this.#buffers));
  }
}

/** The picture that is mixed into one; the same where there is none. */
const partnerOf = (table: Float32Array, row: number): number =>
  table[row * CROP_COLUMNS + SHARE] === 1 ? row : (table[row * CROP_COLUMNS + PARTNER] ?? row);

const rows = (stride: number): View => ({ offset: 0, stride, zeroPadded: false });

/** The op's own launch, for memory that no plan knows. */
function launchOf(engine: Engine, attrs: CropAttrs, count: number, words: number, y: View): Launch {
  const graph = new Graph();
  const x = graph.input('x', [count, words], 'u32');
  const table = graph.input('table', [count, CROP_COLUMNS]);
  graph.apply(crop, { x, table }, attrs, WHERE);
  const views = { x: rows(words), table: rows(CROP_COLUMNS), y };
  const [launch] = crop.lower(graph.nodes[0] as never, views, engine.target).launches;
  return launch as Launch;
}

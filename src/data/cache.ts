import { requireObject, requireWhole } from '../core/check';
import type { DecodedPicture } from './picture';

/**
 * Keeps decoded pictures by their index, up to a limit in bytes; those that were not asked for the longest go first. Pixels
 * count, four bytes each.
 */
export class PictureCache {
  /** From the one that was not asked for the longest on. */
  readonly #pictures = new Map<number, DecodedPicture>();
  #bytes = 0;

  /**
   * @param limit in bytes; 0 keeps nothing
   * @throws {ValueError} unless it is a whole number
   */
  constructor(readonly limit: number) {
    requireWhole('PictureCache', 'limit', limit, 0);
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Pictures that are kept now. */
  get count(): number {
    return this.#pictures.size;
  }

  /** The picture of this `index`; undefined where it is not there, or no longer. */
  get(index: number): DecodedPicture | undefined {
    const picture = this.#take(index);
    if (picture) this.#keep(index, picture);
    return picture;
  }

  /**
   * Keeps the picture of this `index`. One that is larger than the limit is not kept, and makes no other go.
   * @throws {ValueError} unless it is a decoded picture
   */
  set(index: number, picture: DecodedPicture): void {
    requireObject('PictureCache', 'picture', picture, ['width', 'height', 'data']);
    this.#take(index);
    const { byteLength } = picture.data;
    if (byteLength > this.limit) return;
    for (const oldest of this.#pictures.keys()) {
      if (this.#bytes + byteLength <= this.limit) break;
      this.#take(oldest);
    }
    this.#keep(index, picture);
  }

  /** Lets all pictures go. */
  clear(): void {
    this.#pictures.clear();
    this.#bytes = 0;
  }

  #keep(index: number, picture: DecodedPicture): void {
    this.#pictures.set(index, picture);
    this.#bytes += picture.data.byteLength;
  }

  #take(index: number): DecodedPicture | undefined {
    const picture = this.#pictures.get(index);
    if (!picture) return undefined;
    this.#pictures.delete(index);
    this.#bytes -= picture.data.byteLength;
    return picture;
  }
}

import { PictureDecoder } from '../data/browser/decoder';
import { readGreyFile } from '../data/grey_file';
import type { NodeLink } from './node_link';
import type { LoadPicture } from './picture_data';

/** Asks Node for pictures, and has the browser decode them in workers. */
export function pagePictures(link: Pick<NodeLink, 'picture'>): LoadPicture {
  const decoder = new PictureDecoder();
  return async (index, shorterSide) => {
    const file = await link.picture(index);
    return readGreyFile(file) ?? decoder.decode(file, { shorterSide, where: `picture ${index}` });
  };
}

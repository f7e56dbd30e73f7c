import { describe, expect, it } from 'vitest';
import { byCodePoint } from '../../src/data/names';
import { splitPictures } from '../../src/data/split';

const pictures = (classes: readonly number[]) =>
  classes.flatMap((count, index) =>
    Array.from({ length: count }, (_, number) => ({ file: `${index}/${number}.jpg`, class: index })),
  );

const heldOut = (list: ReturnType<typeof pictures>, share = 0.2, seed = 0): string[] =>
  splitPictures(list, share, seed)
    .heldOut.map((index) => list[index]!.file)
    .sort();

describe('splitPictures', () => {
  it('gives each picture to one part', () => {
    const list = pictures([100, 300]);
    const { train, heldOut } = splitPictures(list, 0.2, 0);
    expect([...train, ...heldOut].sort((a, b) => a - b)).toEqual([...list.keys()]);
  });

  it.each([0.1, 0.2, 0.5])('holds out about %f of each class', (share) => {
    const list = pictures([1000, 4000]);
    for (const [index, count] of [1000, 4000].entries()) {
      const held = splitPictures(list, share, 3).heldOut.filter((each) => list[each]!.class === index).length;
      // Four standard deviations.
      expect(Math.abs(held - share * count)).toBeLessThan(4 * Math.sqrt(count * share * (1 - share)));
    }
  });

  it('does so alike in any order, and otherwise with another seed', () => {
    const list = pictures([50, 50]);
    expect(heldOut([...list].reverse())).toEqual(heldOut(list));
    expect(heldOut(list, 0.2, 1)).not.toEqual(heldOut(list));
  });

  it('takes a name alike whether its accents are apart or not', () => {
    const list = pictures([200]).map((each) => ({ ...each, file: `é${each.file}` }));
    const apart = list.map((each) => ({ ...each, file: each.file.normalize('NFD') }));
    expect(splitPictures(apart, 0.3, 0)).toEqual(splitPictures(list, 0.3, 0));
  });

  it('moves no other picture when some come or go', () => {
    const list = pictures([100, 100]);
    const fewer = list.filter((_, index) => index % 3 > 0);
    const kept = new Set(fewer.map(({ file }) => file));
    expect(heldOut(fewer)).toEqual(heldOut(list).filter((file) => kept.has(file)));
  });

  it.each([0.01, 0.99])('of two pictures holds out one, of one none, also for a share of %f', (share) => {
    const list = pictures([2, 1, 2]);
    const { heldOut } = splitPictures(list, share, 5);
    expect(heldOut.map((index) => list[index]!.class)).toEqual([0, 2]);
  });

  it('holds out none for a share of 0', () => {
    expect(heldOut(pictures([10, 10]), 0)).toEqual([]);
  });
});

it('names are in the order of code points', () => {
  const names = ['b', '\u{1f600}', 'a', '\uff21', 'é', 'Z', 'a b', ''];
  const utf8 = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(names.sort(byCodePoint)).toEqual(utf8);
});

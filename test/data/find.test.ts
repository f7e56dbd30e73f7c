import { symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AbortError, EngineError, FormatError } from '../../src/core/errors';
import { DISK, type Disk } from '../../src/data/node/disk';
import { findPictures, findPicturesOn } from '../../src/data/node/find';
import type { PictureSet } from '../../src/data/picture';
import { another, emptyPng, folderOf, noise, plain, quarters } from './pictures';

const filesOf = (set: PictureSet, part?: 'train' | 'heldOut'): string[] =>
  (part ? set[part].map((index) => set.pictures[index]!) : set.pictures).map(({ file }) => file);

const reasons = ({ skipped }: PictureSet): Record<string, string> =>
  Object.fromEntries(skipped.map(({ file, reason }) => [file, reason]));

const small = { 'cat/1.png': true, 'cat/2.png': true, 'dog/1.png': true, 'dog/2.png': true } as const;

describe('folders of classes', () => {
  it('are found with all below them, in the order of code points', async () => {
    const root = await folderOf({
      ...small,
      'cat/old ones/Größe 1.png': true,
      'Äpfel/1.jpg': true,
      'Äpfel/2': true,
    });
    const set = await findPictures(root);
    expect(set.root).toBe(root);
    expect(set.classes).toEqual(['cat', 'dog', 'Äpfel']);
    expect(filesOf(set)).toEqual([
      'cat/1.png',
      'cat/2.png',
      'cat/old ones/Größe 1.png',
      'dog/1.png',
      'dog/2.png',
      'Äpfel/1.jpg',
      'Äpfel/2',
    ]);
    expect(set.pictures.map((each) => each.class)).toEqual([0, 0, 0, 1, 1, 2, 2]);
    const [first] = set.pictures;
    expect(first).toMatchObject({ header: { format: 'PNG', width: 9, height: 9 } });
    expect(first).not.toHaveProperty('hash');
    expect([...set.train, ...set.heldOut].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(set.heldOut.map((index) => set.pictures[index]!.class).sort()).toEqual([0, 1, 2]);
    expect(set.notes).toEqual([]);
  });

  it('are divided alike elsewhere and whatever the order of the disk', async () => {
    const files = Object.fromEntries(
      ['a', 'b'].flatMap((name) =>
        Array.from({ length: 20 }, (_, index) => [`${name}/${index}.png`, true] as const),
      ),
    );
    const reversed: Disk = {
      ...DISK,
      names: async (folder) => [...(await DISK.names(folder))].sort().reverse(),
    };
    const [one, other] = [await folderOf(files), await folderOf(files)];
    const set = await findPictures(one, { heldOut: 0.4, seed: 7 });
    const again = await findPicturesOn(reversed, other, { heldOut: 0.4, seed: 7 });
    expect(filesOf(again, 'heldOut')).toEqual(filesOf(set, 'heldOut'));
    expect(filesOf(again)).toEqual(filesOf(set));
  });

  it('passes over what systems leave, counts other files, and names what looks like a picture', async () => {
    const jpeg = await quarters(200, 200).jpeg().toBuffer();
    const root = await folderOf({
      ...small,
      'cat/.DS_Store': 'x',
      'cat/._1.png': 'x',
      'cat/Thumbs.db': 'x',
      '__MACOSX/cat/1.png': 'x',
      '.git/x': 'x',
      'cat/notes.txt': 'x',
      'cat/more.txt': 'x',
      'cat/3.json': '{}',
      'cat/README': 'x',
      'readme.md': 'x',
      'cat/text.jpg': 'hello there',
      'cat/cut.jpg': jpeg.subarray(0, -500),
      'cat/vast.png': emptyPng(20000, 20000),
      'cat/tiny.png': await plain(7, 100).png().toBuffer(),
      'cat/wrong.png': jpeg,
      'dog/old.bmp': Buffer.from('BM....\0\0\0\0', 'latin1'),
    });
    const set = await findPictures(root);
    expect(filesOf(set)).toEqual(['cat/1.png', 'cat/2.png', 'cat/wrong.png', 'dog/1.png', 'dog/2.png']);
    expect(set.pictures[2]?.header.format).toBe('JPEG');
    expect(set.notes).toEqual([
      '4 files are no pictures and were left out: 2 .txt, 1 without an ending, 1 .json',
      '1 file lies beside what was read and was left out: readme.md (it lies beside folders of classes)',
      '1 file is called a picture but is none and was left out: cat/text.jpg (a text file, which begins with "hello there")',
      '1 file has a format that is not taken and was left out: dog/old.bmp (a BMP file, which is not taken)',
      `1 file is cut off and was left out: cat/cut.jpg (its end is missing: it stops after ${jpeg.length - 500} bytes)`,
      '1 file is too small and was left out: cat/tiny.png (a picture of 7 x 100 pixels)',
      '1 file is too large and was left out: cat/vast.png (a picture of 20000 x 20000 pixels)',
    ]);
  });

  it('reads large files only where it must', async () => {
    const png = await noise(300, 300).png().toBuffer();
    expect(png.length).toBeGreaterThan(100_000);
    const appended = Buffer.concat([png, Buffer.alloc(9000)]);
    const root = await folderOf({
      ...small,
      'cat/large.png': png,
      'cat/long.png': appended,
      'dog/cut.png': png.subarray(0, -9),
    });
    let read = 0;
    const counting: Disk = {
      ...DISK,
      async open(path) {
        const file = await DISK.open(path);
        const count = (bytes: number): number => ((read += path.endsWith('large.png') ? bytes : 0), bytes);
        return { ...file, read: async (into, position) => count(await file.read(into, position)) };
      },
    };
    const set = await findPicturesOn(counting, root);
    expect(filesOf(set)).toContain('cat/large.png');
    expect(filesOf(set)).toContain('cat/long.png');
    expect(reasons(set)).toEqual({ 'dog/cut.png': 'truncated' });
    expect(read).toBeLessThan(70_000);
  });

  it('keeps one of pictures with the same bytes, and none of two classes', async () => {
    const [a, b] = [await another(), await another()];
    const root = await folderOf({ ...small, 'cat/b.png': a, 'cat/a.png': a, 'cat/x.png': b, 'dog/y.png': b });
    const set = await findPictures(root);
    expect(reasons(set)).toEqual({
      'cat/b.png': 'duplicate',
      'cat/x.png': 'two classes',
      'dog/y.png': 'two classes',
    });
    expect(set.notes).toEqual([
      '1 file repeats another and was left out: cat/b.png (the same bytes as cat/a.png)',
      '2 files have two classes and were left out: cat/x.png (the same bytes as dog/y.png, of class dog), ' +
        'dog/y.png (the same bytes as cat/x.png, of class cat)',
    ]);
  });

  it('says which classes have one picture or none', async () => {
    const set = await findPictures(
      await folderOf({ ...small, 'eel/1.png': true, 'fox/': '', 'gnu/a.txt': 'x' }),
    );
    expect(set.classes).toEqual(['cat', 'dog', 'eel']);
    expect(set.notes.slice(1)).toEqual([
      'class fox has no pictures and was left out',
      'class gnu has no pictures and was left out',
      'class eel has one picture, which stays in training: nothing tells how well it is known',
    ]);
    expect(filesOf(set, 'train')).toContain('eel/1.png');
    const lone = await findPictures(await folderOf({ 'a/1.png': true, 'b/1.png': true }));
    expect([lone.train.length, lone.heldOut.length, lone.notes.length]).toEqual([2, 0, 2]);
  });

  it.each([
    [{}, /has no pictures; got an empty folder; put the pictures of each class into a folder/],
    [{ 'a.png': true, 'b.png': true }, /has no folders of classes; got 2 files and no folders; put/],
    [{ 'cat/1.png': true }, /has pictures of one class only; got cat; a network tells classes apart/],
    [{ 'cat/1.png': true, 'dog/': '' }, /one class only; got cat, and no pictures of dog;/],
    [
      { 'all/cat/1.png': true, 'all/dog/1.png': true },
      /has one folder only; got all, with 2 folders inside; if those are the classes, give \S+\/all$/,
    ],
    [{ 'cat/': '', 'dog/': '' }, /has no pictures to learn from; got none at all; give JPEG/],
    [
      { 'cat/1.jpg': 'x', 'dog/': '' },
      /no pictures to learn from; got 1 file is called a picture .*cat\/1.jpg/,
    ],
  ] as const)('refuses %j', async (files, message) => {
    const root = await folderOf(files);
    await expect(findPictures(root)).rejects.toThrow(message);
    await expect(findPictures(root)).rejects.toBeInstanceOf(FormatError);
  });
});

describe('folders of parts', () => {
  it.each(['val', 'valid', 'validation', 'test', 'Val'])('are train and %s', async (name) => {
    const root = await folderOf({
      'train/a/1.png': true,
      'train/b/1.png': true,
      [`${name}/a/2.png`]: true,
      [`${name}/b/2.png`]: true,
    });
    const set = await findPictures(root);
    expect(set.classes).toEqual(['a', 'b']);
    expect(filesOf(set, 'train')).toEqual(['train/a/1.png', 'train/b/1.png']);
    expect(filesOf(set, 'heldOut')).toEqual([`${name}/a/2.png`, `${name}/b/2.png`]);
  });

  it('take what is in both out of training, and say what lies beside', async () => {
    const both = await another();
    const set = await findPictures(
      await folderOf({
        'train/a/1.png': true,
        'train/a/2.png': both,
        'train/b/1.png': true,
        'train/b/2.png': true,
        'train/x.txt': '',
        'val/a/3.png': both,
        'val/b/': '',
        'test/a/1.png': true,
      }),
    );
    expect(reasons(set)).toEqual({ 'train/a/2.png': 'duplicate', 'train/x.txt': 'beside', test: 'beside' });
    expect(filesOf(set, 'heldOut')).toEqual(['val/a/3.png']);
    expect(set.notes.at(-1)).toBe('class b has no picture held out: nothing tells how well it is known');
  });

  it('must have the same classes', async () => {
    const root = await folderOf({ 'train/a/1.png': true, 'train/b/1.png': true, 'val/a/2.png': true });
    await expect(findPictures(root)).rejects.toThrow(
      /train and val must have folders of the same classes; got b only in train; make those folders in val/,
    );
    const none = await folderOf({
      'train/a/1.png': true,
      'train/b/': '',
      'val/a/2.png': true,
      'val/b/1.png': true,
    });
    await expect(findPictures(none)).rejects.toThrow(
      /must have pictures of each class to train with; got none of b;/,
    );
  });

  it('are classes where pictures lie in them', async () => {
    const set = await findPictures(await folderOf({ 'train/1.png': true, 'test/1.png': true }));
    expect(set.classes).toEqual(['test', 'train']);
  });
});

describe('lists', () => {
  it('name pictures from their folder on', async () => {
    const root = await folderOf({
      'a b/1.png': true,
      '2.png': true,
      'lists/l.csv': 'path,class\n../a b/1.png,cat\n..\\2.png,dog\n../3.png,dog\n../a b,dog\n',
    });
    const set = await findPictures(join(root, 'lists/l.csv'));
    expect(filesOf(set)).toEqual(['../2.png', '../a b/1.png']);
    expect(set.skipped).toEqual([
      { file: '../3.png', reason: 'unreadable', detail: 'it is not there, or no longer; line 4 names it' },
      { file: '../a b', reason: 'unreadable', detail: 'it is no file; line 5 names it' },
    ]);
    const other = await folderOf({ 'notes.md': 'x' });
    await expect(findPictures(join(other, 'notes.md'))).rejects.toThrow(
      /must be a folder, or a list .*got notes.md/,
    );
  });

  it('may not give a picture two classes', async () => {
    const root = await folderOf({
      '1.png': true,
      '2.png': true,
      '3.png': true,
      'l.csv': '1.png,a\n1.png,b\n2.png,a\n2.png,a\n3.png,b',
    });
    const set = await findPictures(join(root, 'l.csv'));
    expect(filesOf(set)).toEqual(['2.png', '3.png']);
    expect(set.skipped.map(({ reason }) => reason)).toEqual(['two classes', 'two classes', 'duplicate']);
  });
});

describe('IDX files', () => {
  const images = (count: number): Buffer =>
    Buffer.from([
      0,
      0,
      8,
      3,
      0,
      0,
      0,
      count,
      0,
      0,
      0,
      2,
      0,
      0,
      0,
      2,
      ...Array.from({ length: count * 4 }, (_, index) => index),
    ]);
  const labels = (...all: number[]): Buffer => Buffer.from([0, 0, 8, 1, 0, 0, 0, all.length, ...all]);

  it('are pictures in two parts, also packed, and with dots', async () => {
    const root = await folderOf({
      'train-images.idx3-ubyte': images(3),
      'train-labels.idx1-ubyte.gz': gzipSync(labels(1, 0, 1)),
      't10k-images-idx3-ubyte.gz': gzipSync(images(1)),
      't10k-labels-idx1-ubyte': labels(0),
    });
    const set = await findPictures(root);
    expect(set.classes).toEqual(['0', '1']);
    expect([set.train, set.heldOut]).toEqual([[0, 1, 2], [3]]);
    expect(set.pictures[1]).toEqual({
      file: 'train-images-idx3-ubyte#1',
      class: 0,
      bytes: 4,
      header: { format: 'IDX', width: 2, height: 2, orientation: 1, bits: 8, channels: 1 },
      pixels: new Uint8Array([4, 5, 6, 7]),
    });
  });

  it('without a part to hold out are divided', async () => {
    const root = await folderOf({
      'train-images-idx3-ubyte': images(4),
      'train-labels-idx1-ubyte': labels(0, 0, 2, 2),
    });
    const set = await findPictures(root);
    expect(set.classes).toEqual(['0', '2']);
    expect(set.heldOut.length).toBe(2);
    expect(set.notes).toEqual(['class 1 has no pictures and was left out']);
  });

  it.each([
    [
      { 'train-images-idx3-ubyte': images(1) },
      /lacks train-labels-idx1-ubyte; got train-images-idx3-ubyte; put/,
    ],
    [
      { 'train-images-idx3-ubyte': images(2), 'train-labels-idx1-ubyte': labels(1) },
      /train-labels-idx1-ubyte: must be one number for each of 2 pictures; got 1; the two files do not/,
    ],
    [
      { 'train-images-idx3-ubyte': labels(2), 'train-labels-idx1-ubyte': labels(1) },
      /must be \(pictures, height, width\)/,
    ],
  ])('refuse %j', async (files, message) => {
    await expect(findPictures(await folderOf(files))).rejects.toThrow(message);
  });
});

describe('a disk', () => {
  it('with links is gone through once, and links to nothing are named', async () => {
    const root = await folderOf({ ...small, 'far/3.png': true, 'far/4.png': true });
    symlinkSync(root, join(root, 'cat/loop'));
    symlinkSync(join(root, 'nothing'), join(root, 'dog/dangling.png'));
    symlinkSync('/', join(root, 'far/everything'));
    symlinkSync(join(root, 'far'), join(root, 'far/own'));
    symlinkSync(await folderOf({ '5.png': true }), join(root, 'far/elsewhere'));
    const set = await findPictures(root);
    expect(reasons(set)).toEqual({
      'cat/loop': 'loop',
      'far/everything': 'loop',
      'far/own': 'loop',
      'dog/dangling.png': 'unreadable',
    });
    expect(filesOf(set).slice(-3)).toEqual(['far/3.png', 'far/4.png', 'far/elsewhere/5.png']);
    expect(set.notes.join()).toMatch(/dog\/dangling.png \(it is not there, or no longer\)/);
  });

  it('that refuses, or changes while it is read, costs the files that it does so for', async () => {
    const root = await folderOf({
      ...small,
      'cat/secret/1.png': true,
      'dog/gone.png': true,
      'dog/short.png': true,
      'dog/refused.png': true,
    });
    const refusal = (code: string): Error => Object.assign(new Error(code), { code });
    const disk: Disk = {
      ...DISK,
      async names(folder) {
        if (folder.endsWith('secret')) throw refusal('EACCES');
        return DISK.names(folder);
      },
      async open(path) {
        if (path.endsWith('refused.png')) throw refusal('EPERM');
        if (path.endsWith('gone.png')) unlinkSync(path);
        const file = await DISK.open(path);
        return path.endsWith('short.png') ? { ...file, read: () => Promise.resolve(0) } : file;
      },
    };
    const set = await findPicturesOn(disk, root);
    expect(Object.fromEntries(set.skipped.map(({ file, detail }) => [file, detail]))).toEqual({
      'cat/secret': 'reading it is not permitted',
      'dog/gone.png': 'it is not there, or no longer',
      'dog/short.png': 'it changed while it was read',
      'dog/refused.png': 'reading it is not permitted',
    });
    expect(set.pictures.length).toBe(4);
  });

  it('tells how far it is, and stops', async () => {
    const root = await folderOf(small);
    const seen: number[][] = [];
    await findPictures(root, { onProgress: (...each) => void seen.push(each) });
    expect(seen).toEqual([[1, 4], [2, 4], [3, 4], [4, 4]]); // prettier-ignore
    const stop = new AbortController();
    const stopped = findPictures(root, { onProgress: () => stop.abort(), signal: stop.signal });
    await expect(stopped).rejects.toBeInstanceOf(AbortError);
    await expect(findPictures(root, { signal: AbortSignal.abort() })).rejects.toThrow(
      /stopped by the caller/,
    );
  });

  it('without the path says so; wrong options are refused', async () => {
    await expect(findPictures('/no/such')).rejects.toThrow(
      /^\/no\/such: cannot be read; got it is not there/,
    );
    await expect(findPictures('/no/such')).rejects.toBeInstanceOf(EngineError);
    await expect(findPictures('')).rejects.toThrow(/path must be a string that is not empty/);
    const wrong = async (options: object): Promise<unknown> => findPictures('/', options);
    await expect(wrong({ heldout: 0.1 })).rejects.toThrow(
      /no such option; got heldout; did you mean heldOut/,
    );
    await expect(wrong({ heldOut: 1 })).rejects.toThrow(
      /heldOut must be a finite float32 number from 0 below 1/,
    );
  });
});

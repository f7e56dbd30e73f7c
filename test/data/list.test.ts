import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv';
import { readPictureList } from '../../src/data/list';

const cells = (text: string): (readonly string[])[] => readCsv(text, 'list.csv').map((row) => row.cells);

describe('readCsv', () => {
  it('reads cells, in quotes or not, with every kind of line end', () => {
    expect(cells('a,b\r\n"c,d","e ""f"""\n\n,g\rh,')).toEqual([
      ['a', 'b'],
      ['c,d', 'e "f"'],
      ['', 'g'],
      ['h', ''],
    ]);
    expect(cells('a;b,c\n')).toEqual([['a;b', 'c']]);
    expect(cells('a;b\nc d;"e;f"')).toEqual([['a', 'b'], ['c d', 'e;f']]); // prettier-ignore
    expect(cells('')).toEqual([]);
  });

  it('tells the line on which a row begins', () => {
    expect(readCsv('"a\nb",c\nd,e', 'x').map(({ line }) => line)).toEqual([1, 3]);
    expect(() => readCsv('a,b\nc,"d\n', 'x')).toThrow(
      /^x:2: a quote must end before the next comma or line; write/,
    );
    expect(() => readCsv('"a"b,c', 'x')).toThrow(/^x:1: a quote/);
  });
});

describe('readPictureList', () => {
  const two = [
    { path: 'a b/1.jpg', class: 'cat' },
    { path: '2.png', class: 'dog' },
  ];

  it.each([
    ['l.csv', 'a b/1.jpg,cat\n2.png,dog\n'],
    ['l.csv', '\uFEFFLabel, File ,more\ncat,a b/1.jpg,1\n" dog",2.png,'],
    ['l.tsv', 'image\tclass\na b/1.jpg\tcat\n2.png\tdog'],
    ['l.jsonl', '{"file":"a b/1.jpg","label":"cat"}\n\n{"class":"dog","path":"2.png","x":1}'],
  ])('reads %s: %j', (where, text) => {
    expect(readPictureList(text, where)).toMatchObject(two);
  });

  it('composes the names of classes, and takes numbers', () => {
    expect(readPictureList('a,cafe\u0301', 'l.csv')).toEqual([{ path: 'a', class: 'caf\u00e9', line: 1 }]);
    expect(readPictureList('{"path":"a","class":7}', 'l.ndjson')[0]?.class).toBe('7');
  });

  it.each([
    ['l.csv', '', /^l.csv: names no picture; got an empty list; write a path and a class/],
    ['l.csv', 'path,class\n', /names no picture/],
    [
      'l.csv',
      'path,kind\na,b',
      /^l.csv:1: the header must name .*got path, kind; the path is called path, file/,
    ],
    ['l.csv', 'a,b\nc\n', /^l.csv:2: has no class; got "c"; the path is called/],
    ['l.csv', 'a,b\n ,c\n', /^l.csv:2: has no path/],
    ['l.jsonl', '{"path":"a","class":"b"}\n{"path"', /^l.jsonl:2: is no JSON: .*; write one object a line/],
    ['l.jsonl', 'null', /^l.jsonl:1: has no path; got "null"/],
  ])('refuses %s: %j', (where, text, message) => {
    expect(() => readPictureList(text, where)).toThrow(message);
  });
});

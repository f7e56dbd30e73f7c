import { expect, test } from 'vitest';
import { markdown } from '../../bench/report/markdown';
import { printed, tableData } from '../../src/text/table';

const TABLE = tableData<{ readonly layer: string; readonly time: number; readonly kernel?: string }>(
  [
    { title: 'layer', of: ({ layer }) => layer, align: 'left' },
    { title: 'ms', of: ({ time }) => String(time) },
    { title: 'kernel', of: ({ kernel = '' }) => kernel, align: 'left' },
  ],
  [
    { layer: 'conv1', time: 9.5, kernel: 'a|b' },
    { layer: 'conv2, 3x3', time: 12.25 },
  ],
);

test('tables are written as Markdown has them, and the text around them stays', () => {
  expect(markdown(['adapter  some GPU', TABLE, 'peak 10\n- one'])).toBe(
    [
      'adapter  some GPU',
      '',
      '| layer | ms | kernel |',
      '| --- | --: | --- |',
      String.raw`| conv1 | 9.5 | a\|b |`,
      '| conv2, 3x3 | 12.25 |  |',
      '',
      'peak 10',
      '- one',
    ].join('\n'),
  );
});

test('the same is printed in columns', () => {
  expect(printed(['Layers', TABLE])).toBe(
    [
      'Layers',
      '',
      'layer          ms  kernel',
      '----------  -----  ------',
      'conv1         9.5  a|b',
      'conv2, 3x3  12.25',
    ].join('\n'),
  );
});

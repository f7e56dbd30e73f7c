import { expect, test } from 'vitest';
import { markdown } from '../../bench/report/markdown';
import { table } from '../../bench/report/table';

interface Row {
  readonly layer: string;
  readonly time: number;
  readonly kernel?: string;
}

test('tables become those of Markdown, and the text around them stays', () => {
  const rows: readonly Row[] = [
    { layer: 'conv1', time: 9.5, kernel: 'a|b' },
    { layer: 'conv2, 3x3', time: 12.25 },
  ];
  const text = table<Row>(
    [
      { title: 'layer', of: ({ layer }) => layer, align: 'left' },
      { title: 'ms', of: ({ time }) => String(time) },
      { title: 'kernel', of: ({ kernel = '' }) => kernel, align: 'left' },
    ],
    rows,
  );
  const expected = [
    '| layer | ms | kernel |',
    '| --- | --: | --- |',
    String.raw`| conv1 | 9.5 | a\|b |`,
    '| conv2, 3x3 | 12.25 |  |',
  ].join('\n');
  expect(markdown(text)).toBe(expected);
  expect(markdown(`adapter  some GPU\n${text}\n\npeak 10\n\n${text}`)).toBe(
    `adapter  some GPU\n\n${expected}\n\npeak 10\n\n${expected}`,
  );
});

test('text without tables stays', () => {
  expect(markdown('a\n- b\n\nc -- d')).toBe('a\n- b\n\nc -- d');
});

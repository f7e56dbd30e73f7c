import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { resumeCommand, shellWord } from '../../src/cli/shell';

const names = [
  'plain',
  'my runs',
  "it's",
  '"quoted"',
  '$HOME',
  '`date`',
  'a;b',
  '*',
  '~',
  '-dash',
  'ü',
  'a\nb',
  '#',
];

it.runIf(process.platform !== 'win32').each(names)('sh reads %j back', (name) => {
  const path = `/a/${name}`;
  const given = execFileSync('sh', ['-c', `printf %s ${shellWord(path, 'linux')}`]);
  expect(given.toString()).toBe(path);
});

it.each([
  ['C:\\runs\\first', 'C:\\runs\\first'],
  ['C:\\my runs\\first', '"C:\\my runs\\first"'],
  ['C:\\a & b\\', '"C:\\a & b\\\\"'],
])('cmd is given %s as %s', (path, word) => {
  expect(shellWord(path, 'win32')).toBe(word);
});

it('a command that goes on is one that can be pasted', () => {
  expect(resumeCommand('/runs/first')).toBe('npm start -- --resume /runs/first');
  if (process.platform !== 'win32')
    expect(resumeCommand('/my runs')).toBe("npm start -- --resume '/my runs'");
});

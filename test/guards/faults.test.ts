// `npm run faults` takes hours; that its faults still can be planted is seen here in milliseconds.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faults } from '../faults/faults';

describe('every planted fault', () => {
  it('has a name of its own', () => {
    const names = faults.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('quotes text that stands once in its file, and puts another in its place', () => {
    const wrong = faults.flatMap(({ name, file, find, replace }) => {
      if (!existsSync(file)) return [`${name}: there is no ${file}`];
      const times = readFileSync(file, 'utf8').split(find).length - 1;
      if (times !== 1) return [`${name}: its text must stand once in ${file}; got ${times} times`];
      return find === replace ? [`${name}: changes nothing`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it('names tests that exist', () => {
    const missing = faults.flatMap(({ name, files }) =>
      files.filter((file) => !existsSync(file)).map((file) => `${name}: there is no ${file}`),
    );
    expect(missing).toEqual([]);
    expect(faults.filter(({ files }) => files.length === 0)).toEqual([]);
  });
});

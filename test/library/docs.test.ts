// The reference that `npm run docs` makes has words for everything public.
import { expect, it } from 'vitest';
import { undocumented } from '../support/documented';

it('all that the entries export has a description, the meaning of its parameters and its errors', () => {
  expect(undocumented().map(({ what, lacks }) => `${what} lacks ${lacks}`)).toEqual([]);
});

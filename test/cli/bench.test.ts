import { expect, it } from 'vitest';
import { program } from '../support/command_line';

it('measures a classification and a training step, and says where', async () => {
  const { code, out, err } = await program(
    'bench --batch 1 --size 65 --width 1/8 --rounds 1 --json --quiet'.split(' '),
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const [classified, trained, ...more] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { what: string; seconds: number; first: number; bytes: number });
  expect(more).toEqual([]);
  expect(classified).toMatchObject({ what: 'classification of 1', batch: 1, size: 65, width: 0.125 });
  expect(trained).toMatchObject({ what: 'training step of 1', adapter: expect.any(String) as string });
  for (const { seconds, first, bytes } of [classified!, trained!]) {
    expect(seconds).toBeGreaterThan(0);
    // It compiles.
    expect(first).toBeGreaterThan(seconds);
    expect(bytes).toBeGreaterThan(1e6);
  }
  expect(trained!.bytes).toBeGreaterThan(classified!.bytes);
});

import { afterEach, expect, it, vi } from 'vitest';
import { NodeLink } from '../../src/app/node_link';
import { exampleCheckpoint } from '../support/checkpoint';

afterEach(() => vi.unstubAllGlobals());

it('keeps a checkpoint once Node has heard of the steps before it', async () => {
  const order: string[] = [];
  let hear: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => (hear = resolve));
  vi.stubGlobal('window', {
    reportEvent: async () => {
      await heard;
      order.push('step');
    },
  });
  vi.stubGlobal('fetch', (address: string) => {
    order.push(address);
    return Promise.resolve(new Response());
  });
  const link = new NodeLink('token');
  const record = {
    step: 1,
    rate: 1,
    total: 1,
    losses: { main: 1, aux1: 1, aux2: 1 },
    gradientNorm: 1,
    seconds: 1,
  };
  void link.report({ kind: 'step', record });
  const saved = link.saveCheckpoint(exampleCheckpoint(1));
  // A browser that is stopped hears nothing, while its page goes on.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(order).toEqual([]);
  hear();
  await saved;
  expect(order).toEqual(['step', '/run/checkpoint']);
});

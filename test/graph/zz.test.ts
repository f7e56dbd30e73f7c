import { test } from 'vitest';
import { call } from '../support/browser';
test.each(Array.from({length: 12}, (_, i) => i))('%s', async (seed) => {
  const r = await call<any>('compareRandomGraph', {seed}) as any;
  for (const [v, t] of Object.entries(r.tensors)) { const e = Object.entries(t as any).sort((a: any, b: any) => b[1].relative - a[1].relative)[0] as any; console.log(seed, v, Object.keys(t as any).length, r.names.length, e[0], e[1].relative, e[1].nmse); }
});

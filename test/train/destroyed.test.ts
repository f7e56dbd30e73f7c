// What was destroyed says so before the GPU is touched, and its neighbours notice nothing.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { destroyInFit, destroyUnderWay, useDestroyed } from '../support/jobs/destroyed';

describe('what was destroyed', () => {
  let report: Awaited<ReturnType<typeof useDestroyed>>;
  beforeAll(async () => void (report = await call<typeof useDestroyed>('useDestroyed', null)));

  it('says so in every public method', () => {
    const others = Object.entries(report.messages).flatMap(([what, messages]) =>
      Object.entries(messages)
        .filter(
          ([, text]) =>
            !/^ValueError: [\w. ]+: (the engine )?was destroyed; .*(make|open) a? ?new one$/.test(text),
        )
        .map(([name, text]) => `${what}, ${name}: ${text}`),
    );
    expect(others).toEqual([]);
    expect(Object.values(report.messages).flatMap(Object.keys).length).toBeGreaterThan(35);
  });

  it('leaves no buffer', () => expect(report).toMatchObject({ liveBuffers: 0, liveBytes: 0 }));
});

describe('what is destroyed while a call is under way', () => {
  it('ends that call, and no neighbour fails', async () => {
    const { messages, total, liveBuffers } = await call<typeof destroyUnderWay>('destroyUnderWay', null);
    for (const [what, text] of Object.entries(messages))
      expect(text, what).toMatch(/was destroyed|^Error: checkpoint/);
    expect(total).toBeGreaterThan(0);
    expect(liveBuffers).toBe(0);
  });

  it('ends fit', async () => {
    const { fit } = await call<typeof destroyInFit>('destroyInFit', null);
    expect(fit).toBe('ValueError: trainer.step: was destroyed; make a new one');
  });
});

import { describe, expect, it } from 'vitest';
import { nodeTime, type Profile } from '../../src/runtime/profile';
import { call } from '../support/call';
import type * as jobs from '../support/jobs/profile';

const launchesOf = ({ nodes }: Profile) => nodes.flatMap(({ launches }) => launches);

describe('profileStep', () => {
  it('is a step like others, and knows layers, parts and work', async () => {
    const { plain, losses, steps, profiles, launches, work } = await call<typeof jobs.profileTraining>(
      'profileTraining',
      null,
    );
    expect(losses).toEqual(plain);
    expect(steps).toBe(3);
    expect(profiles).toHaveLength(1);
    const profile = profiles[0] as Profile;
    expect(launchesOf(profile)).toHaveLength(launches + 1);
    const layers = (part: string) =>
      profile.nodes.filter((node) => node.part === part).map((node) => node.layer);
    expect([...new Set(layers('forward'))]).toEqual(['conv1', 'pool1', 'conv2', 'drop', 'fc', 'main.loss']);
    expect(new Set(layers('backward'))).toEqual(
      // The last adds up the partial sums of all weight gradients.
      new Set(['main.loss', 'fc', 'drop', 'conv2', 'pool1', 'conv1', 'fc to conv1']),
    );
    const updates = profile.nodes.filter(({ part }) => part === 'update');
    expect(updates).toMatchObject([{ layer: 'update', op: 'adamw', launches: [{ kernel: 'adam.wgsl' }] }]);
    const sum = profile.nodes.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0);
    expect(sum).toBe(work.multiplyAdds);
    for (const node of profile.nodes) expect([node.layer, node.bytes > 0]).toEqual([node.layer, true]);
  });
});

describe('profileProgram', () => {
  it('times launches one after the other, by either clock, and computes the same', async () => {
    const both = await call<typeof jobs.profileBothWays>('profileBothWays', null);
    expect(both.without).toMatchObject({ clock: false, profile: { method: 'queue' } });
    expect(both.with.profile.method).toBe(both.with.clock ? 'device' : 'queue');
    for (const { same, waited, profile } of [both.with, both.without]) {
      expect(same).toBe(true);
      expect(profile.nodes.map(({ layer }) => layer)).toEqual(['conv1', 'pool1', 'conv2', 'fc']);
      let end = 0;
      for (const { start, milliseconds } of launchesOf(profile)) {
        expect(start).toBeGreaterThanOrEqual(end - 1e-6);
        expect(milliseconds).toBeGreaterThanOrEqual(0);
        end = start + milliseconds;
      }
      const total = profile.nodes.reduce((sum, node) => sum + nodeTime(node), 0);
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThan(waited);
    }
  });
});

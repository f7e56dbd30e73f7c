import { describe, expect, it } from 'vitest';
import { planNetwork } from '../../bench/memory/networks';
import { memoryPicture } from '../../bench/memory/picture';
import { memoryData, memoryTable } from '../../bench/memory/report';
import { drawSvg } from '../../bench/report/picture';
import { describePlan, formatEstimate } from '../../src/graph/memory/describe';

const origin = {
  adapter: { name: 'none', software: false },
  runtime: 'Node 1',
  date: '2026-01-01 00:00 UTC',
  command: 'npm run bench -- memory',
};

describe('bench memory', () => {
  const row = planNetwork('infer', 1, 'gpu');
  const { plan } = row.memory;

  it('tells what is planned beside what is needed at least', () => {
    expect(memoryTable([row])).toMatch(/inference +1 +54 +1 +32\.\d MB +33\.\d MB +1\.0\d\d /);
    expect(memoryData(row)).toMatchObject({ mode: 'infer', batch: 1, dispatches: 54, submits: 1 });
    expect(formatEstimate(row.memory)).toMatch(
      /^33\.\d MB of GPU memory: weights 28 MB, inputs 803 kB, activations 4\.01 MB, .*; the largest binding is variables with 28 MB$/,
    );
  });

  it('tells how many submits the time budget makes of it', () => {
    const { submits, memory } = planNetwork('infer', 8, 'swiftshader');
    // 12.8e9 multiply-adds at 2e9 a second, 1.5 seconds each.
    expect(submits).toBeGreaterThanOrEqual(5);
    expect(submits).toBeLessThanOrEqual(12);
    expect(memory.plan.launches.length).toBeGreaterThan(submits);
  });

  it('describes a plan in text', () => {
    const text = describePlan(plan);
    expect(text).toMatch(
      /^54 dispatches; slots of 5\.\d+ MB, 1\.\d{3} of the lower bound: dispatch 1 \(maxpool1/,
    );
    expect(text).toMatch(/images +input +803 kB +\d +[^ ]+ \w+ +before to after/);
    expect(text).toMatch(/conv1 +activation +3\.21 MB +\d +[^ ]+ \w+ +0 to 1/);
  });

  it('draws a box for each value, and names the large ones', async () => {
    const svg = await drawSvg(memoryPicture(origin, 'Inference of 1', plan));
    expect(
      svg.match(/aria-label="dispatch: [^"]*MB in slots: [^"]*kind: (input|activation|scratch)"/g),
    ).toHaveLength(plan.tenants.length);
    expect(svg).toContain('>inception3b<');
    expect(svg).toContain('who lives where, and when');
  });
});

// What an engine says of its device, and whose fault it is where something fails.
import { describe, expect, it } from 'vitest';
import { DeviceLostError, GpuError, NoAdapterError } from '../../src/core/errors';
import { openEngine } from '../../src/gpu/engine';
import { readFailure } from '../../src/runtime/failure';
import { call } from '../support/call';
import type { callersDevice } from '../support/jobs/callers_device';

const INFO = {
  vendor: 'acme',
  architecture: 'a1',
  device: '',
  description: 'Acme 1',
  isFallbackAdapter: false,
};

function fakeDevice(adapterInfo?: object) {
  let lose: (info: object) => void = () => undefined;
  const lost = new Promise<object>((resolve) => (lose = resolve));
  const device = {
    ...{ lost, limits: { maxComputeWorkgroupsPerDimension: 65535 }, features: new Set(), queue: {} },
    addEventListener: () => undefined,
    ...(adapterInfo && { adapterInfo }),
  };
  return { device: device as unknown as GPUDevice, lose };
}

const fakeAdapter = (info: object, requestDevice: () => unknown = () => undefined) =>
  ({ info, requestDevice, features: new Set(), limits: {} }) as unknown as GPUAdapter;

describe('an engine', () => {
  it("describes the given device's own adapter", async () => {
    const { device } = fakeDevice(INFO);
    const adapter = fakeAdapter({ ...INFO, vendor: 'other', description: 'Other 2' });
    expect((await openEngine({ device })).adapterName).toBe('acme a1 Acme 1');
    expect((await openEngine({ device, adapter })).adapterInfo.vendor).toBe('acme');
  });

  it('describes the given adapter where the device does not tell', async () => {
    const { device } = fakeDevice();
    expect((await openEngine({ device, adapter: fakeAdapter(INFO) })).adapterName).toBe('acme a1 Acme 1');
  });

  it.each([
    ['that stands in for a GPU, whatever it is called', { ...INFO, isFallbackAdapter: true }, true],
    ['that stands in for a GPU and has no name', { isFallbackAdapter: true }, true],
    ['SwiftShader', { ...INFO, isFallbackAdapter: false, description: 'SwiftShader Device' }, true],
    ['llvmpipe', { description: 'llvmpipe (LLVM 19)' }, true],
    ['that is a GPU', INFO, false],
    ['without a name', {}, false],
  ])('knows whether the CPU computes: an adapter %s', async (_what, info, software) => {
    expect((await openEngine({ device: fakeDevice(info).device })).software).toBe(software);
  });

  it('says in words that an adapter gives no second device', async () => {
    const refuse = () => Promise.reject(new Error('consumed'));
    const opening = openEngine({ adapter: fakeAdapter(INFO, refuse) });
    await expect(opening).rejects.toThrow(NoAdapterError);
    await expect(opening).rejects.toThrow(
      'openEngine: the adapter gives no device; got Error: consumed; ' +
        'request another adapter: each gives one device',
    );
  });
});

describe('bytes that do not come back', () => {
  it('are no lost device where the device is there', async () => {
    const engine = await openEngine({ device: fakeDevice(INFO).device });
    const error = await readFailure(engine, new Error('mapAsync failed'));
    expect(error).toBeInstanceOf(GpuError);
    expect(error.message).toContain('mapAsync failed');
  });

  it.each(['before', 'shortly after'])('are one where the device says so %s', async (when) => {
    const { device, lose } = fakeDevice(INFO);
    const engine = await openEngine({ device });
    if (when === 'before') lose({ reason: 'unknown', message: 'gone' });
    else setTimeout(() => lose({ reason: 'unknown', message: 'gone' }), 5);
    const error = await readFailure(engine, new Error('mapAsync failed'));
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(error.message).toContain('unknown: gone');
  });
});

describe('on a device of the caller', () => {
  it('wrong commands of theirs are not the engine’s, and what was destroyed says so', async () => {
    const { messages, told, live } = await call<typeof callersDevice>('callersDevice', null);
    expect(told).toBeGreaterThan(0);
    for (const [what, text] of Object.entries(messages)) {
      if (what.startsWith('after a wrong command')) expect(text, what).toBe('no error');
      else if (what === 'a second engine of the adapter')
        expect(text).toMatch(/^NoAdapterError: openEngine: the /);
      else expect(text, what).toMatch(/^ValueError: .*was destroyed/);
    }
    expect(Object.keys(messages)).toHaveLength(12);
    expect(live).toBe(0);
  });
});

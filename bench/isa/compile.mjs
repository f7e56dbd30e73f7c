// In the folder that setup.sh makes: has the driver compile one compute pipeline. The layer of report_pipelines.c, and
// some drivers, write what became of it to standard error. Input: { source, entry, constants } as JSON.
import { readFileSync, writeSync } from 'node:fs';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const { source, entry, constants } = JSON.parse(readFileSync(0, 'utf8'));
// `console` would have writing not wait for the reader, and what the driver prints be lost.
const say = (line) => writeSync(2, `${line}\n`);
// Kept in a variable: Dawn ends the process if it is collected.
const gpu = create(['enable-dawn-features=allow_unsafe_apis']);
const adapter = await gpu.requestAdapter();
if (!adapter) throw new Error('the driver offers no adapter');
const limits = [
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
];
const { vendor, architecture, subgroupMinSize, subgroupMaxSize } = adapter.info;
const offered = limits.map((name) => `${name} ${adapter.limits[name]}`);
say(`@adapter ${vendor} ${architecture}, subgroups ${subgroupMinSize} to ${subgroupMaxSize}, ${offered}`);
const device = await adapter.requestDevice({
  // What a kernel may ask for beyond what every adapter has.
  requiredFeatures: ['subgroups', 'subgroup-size-control'].filter((feature) => adapter.features.has(feature)),
  requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
});
const module = device.createShaderModule({ code: source });
try {
  await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: entry, constants },
  });
  say('@compiled');
} catch (error) {
  const { messages } = await module.getCompilationInfo();
  for (const { lineNum, linePos, message } of messages) say(`@refused ${lineNum}:${linePos}: ${message}`);
  say(`@refused ${String(error.message ?? error).split('\n')[0]}`);
}
// Dawn's threads would keep the process alive.
process.exit(gpu ? 0 : 1);

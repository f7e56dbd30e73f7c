// Child process of compiler.ts: has the driver compile one compute pipeline. The driver writes the machine code to
// this process's standard error by itself. Input: { source, entry, constants } as JSON on standard input.
import { readFileSync } from 'node:fs';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const { source, entry, constants } = JSON.parse(readFileSync(0, 'utf8'));
// What WebGPU can do without is switched on only where a kernel asks for it, as the engine does.
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
const device = await adapter.requestDevice({
  requiredFeatures: ['subgroups'].filter((feature) => adapter.features.has(feature)),
  requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
});
const module = device.createShaderModule({ code: source });
try {
  await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: entry, constants },
  });
  console.log('COMPILED');
} catch (error) {
  const { messages } = await module.getCompilationInfo();
  for (const { lineNum, linePos, message } of messages)
    console.log(`REFUSED ${lineNum}:${linePos}: ${message}`);
  console.log(`REFUSED ${String(error.message ?? error).split('\n')[0]}`);
}
// Dawn's threads would keep the process alive.
process.exit(0);

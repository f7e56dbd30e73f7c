// The GPUs that the report is about: how the engine sees them, and the driver that compiles for them.
import type { Target } from '../../src/core/op';
import { TARGETS } from '../../src/core/targets';
import { readAmd } from './formats/amd';
import { readApple } from './formats/apple';
import { readIntel } from './formats/intel';
import { readMali } from './formats/mali';
import { readNvidia } from './formats/nvidia';
import { readQualcomm } from './formats/qualcomm';
import type { Printed, Program } from './program';

export interface Family {
  readonly name: string;
  /** Whose compiler it is, and whether that is what people run. */
  readonly compiler: string;
  /** What registers are counted in, and what there is at most. */
  readonly registers: string;
  readonly inFlight: string;
  readonly target: Target;
  /** The device that does nothing, Vulkan's description of the driver in the folder of setup.sh, and what it is told. */
  readonly device: string;
  readonly manifest: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly read: (printed: Printed) => Program;
}

const OWN = 'what runs there on Linux';
const PROXY = "a proxy: the vendor's own driver has another compiler";
const DRIVERS = 'usr/share/vulkan/icd.d';

const gpu = (adapter: string, subgroupSize: number | undefined, maxWorkgroupStorage = 32768): Target => ({
  ...TARGETS.gpu,
  adapter,
  subgroupSize,
  maxWorkgroupStorage,
});

const intel = (id: string, lanes: 8 | 16) => ({
  compiler: `Mesa's ANV, ${OWN}`,
  registers: `of 32 bytes, ${16 * lanes} there`,
  inFlight: 'threads of an EU',
  target: gpu('intel', undefined),
  device: 'intel',
  manifest: `${DRIVERS}/intel_icd.json`,
  environment: { INTEL_STUB_GPU_DEVICE_ID: id },
  read: readIntel(lanes),
});

const amd = (chip: string) => ({
  compiler: `Mesa's RADV, ${OWN}`,
  registers: 'VGPRs, 256 there',
  inFlight: 'waves of 32 lanes of a SIMD',
  target: gpu('amd', undefined),
  device: 'amd',
  manifest: `${DRIVERS}/radeon_icd.json`,
  environment: { AMDGPU_GPU_ID: chip },
  read: readAmd,
});

const adreno = (id: string) => ({
  compiler: `Mesa's Turnip, ${PROXY}`,
  registers: 'of 4 numbers',
  inFlight: 'waves of a core',
  target: gpu('qualcomm', undefined),
  device: 'qualcomm',
  manifest: `${DRIVERS}/freedreno_icd.json`,
  environment: { FD_GPU_ID: id },
  read: readQualcomm,
});

export const FAMILIES: readonly Family[] = [
  { name: 'Xe-LP', ...intel('0x9a49', 8) },
  { name: 'Xe2', ...intel('0x64a0', 16) },
  { name: 'RDNA2', ...amd('navi21') },
  { name: 'RDNA3', ...amd('navi31') },
  {
    name: 'Ampere',
    compiler: `Mesa's NVK, ${PROXY}`,
    registers: '255 there',
    inFlight: 'warps of 48 of an SM',
    target: gpu('nvidia', 32),
    device: 'nvidia',
    manifest: `${DRIVERS}/nouveau_icd.json`,
    environment: { NOUVEAU_CHIPSET: '0x172', NVK_I_WANT_A_BROKEN_VULKAN_DRIVER: '1' },
    read: readNvidia,
  },
  { name: 'Adreno 660', ...adreno('660') },
  { name: 'Adreno 750', ...adreno('750') },
  {
    name: 'M1',
    compiler: `Mesa's Honeykrisp, ${PROXY}`,
    registers: 'of 2 bytes, 256 there',
    inFlight: 'threads of 1024 of a core',
    target: gpu('apple', 32),
    device: 'apple',
    manifest: `${DRIVERS}/asahi_icd.json`,
    environment: { AGX_MESA_DEBUG: 'shaders,shaderdb' },
    read: readApple,
  },
  {
    name: 'Mali G610',
    compiler: `Mesa's PanVK (25.0), ${PROXY}`,
    registers: '64 there',
    inFlight: 'parts of 2 of the threads',
    target: gpu('arm', 16),
    device: 'mali',
    manifest: 'isa/mali_icd.json',
    environment: {
      PAN_GPU_ID: '0xa867',
      PAN_I_WANT_A_BROKEN_VULKAN_DRIVER: '1',
      BIFROST_MESA_DEBUG: 'shaders,shaderdb',
    },
    read: readMali,
  },
];

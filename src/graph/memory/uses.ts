import { requireObject } from '../../core/check';
import type { MemoryEstimate } from './estimate';
import { formatBytes } from './format';

/**
 * What GPU memory is for. Inputs, activations (results of the forward part), gradients (results of the backward part) and
 * scratch (kernels' working memory) lie in slots and are counted at the dispatch that needs most of them; `unused` is
 * what the slots have beyond that. `tables` are uniforms, too; `staging` is for reading back.
 */
export const MEMORY_USES = [
  'weights',
  'weightGradients',
  'optimizer',
  'inputs',
  'activations',
  'gradients',
  'scratch',
  'unused',
  'tables',
  'staging',
] as const;

export type MemoryBytes = Readonly<Record<(typeof MEMORY_USES)[number], number>>;

const USE_NAMES: Readonly<Record<(typeof MEMORY_USES)[number], string>> = {
  weights: 'weights',
  weightGradients: 'their gradients',
  optimizer: 'optimizer state',
  inputs: 'inputs',
  activations: 'activations',
  gradients: "activations' gradients",
  scratch: 'scratch',
  unused: 'unused',
  tables: 'uniforms and tables',
  staging: 'staging',
};

/** A sentence: `1.07 GB of GPU memory: weights 53.5 MB, ...; the largest binding is conv1 with 103 MB`. */
export function formatEstimate(memory: Omit<MemoryEstimate, 'plan'>): string {
  requireObject('formatEstimate', 'the estimate', memory, ['bytes', 'total', 'largest']);
  const { bytes, total, largest } = memory;
  const parts = MEMORY_USES.filter((use) => bytes[use] > 0).map(
    (use) => `${USE_NAMES[use]} ${formatBytes(bytes[use])}`,
  );
  const { label } = largest;
  return (
    `${formatBytes(total)} of GPU memory: ${parts.join(', ')}; ` +
    `the largest binding is ${label} with ${formatBytes(largest.bytes)}`
  );
}

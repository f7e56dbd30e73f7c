const METHODS = ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect'] as const;

/** Dispatches while `work` runs, whichever framework sends them: all call the same methods of the browser. */
export async function countDispatches(work: () => Promise<void>): Promise<number> {
  const { prototype } = GPUComputePassEncoder;
  const originals = METHODS.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)] as const);
  let count = 0;
  for (const [name, original] of originals) {
    const call = original?.value as (...args: unknown[]) => void;
    Object.defineProperty(prototype, name, {
      ...original,
      value(this: GPUComputePassEncoder, ...args: unknown[]): void {
        count++;
        Reflect.apply(call, this, args);
      },
    });
  }
  try {
    await work();
  } finally {
    for (const [name, original] of originals) Object.defineProperty(prototype, name, { ...original });
  }
  return count;
}

// What a launch does, by the intention of who wrote its kernel: the machine code is checked against it.
import type { Launch } from '../../src/core/op';
import { EngineError } from '../../src/core/errors';
import { nest, type Nest } from './execution';

export interface Work {
  readonly loops: readonly Nest[];
  /**
   * Multiply-adds of a lane, whether it has rows and columns of its own or repeats the last ones; undefined for
   * transforms, which are written as sums and products.
   */
  readonly fma: number | undefined;
  /**
   * Set by kernels that skip products with padding: the share of the layer's multiply-adds that they compute. Only
   * those count, so that leaving work out cannot pass for doing it well.
   */
  readonly computed?: number;
  /** Set by kernels that need fewer products than the layer's formula (Winograd): as many as this launch is for. */
  readonly multiplyAdds?: number;
  /** True for launches that only prepare such products, or put their results together. */
  readonly transforms?: boolean;
}

/** Looks up a number of a launch: a field of its params, an override, or a `const` of its shader. */
export type Sizes = (name: string) => number;

/** What a launch does, on a chip whose waves have so many lanes. */
export type Describe = (size: Sizes, launch: Launch, lanes: number) => Work;

export function sizesOf({ shader, params, constants = {}, variant = {} }: Launch): Sizes {
  return (name) => {
    const given = params[name] ?? constants[name] ?? variant[name];
    if (given !== undefined) return Number(given);
    const [, text] =
      new RegExp(String.raw`^const ${name}\s*(?::.*)?= *(\d+)u?;`, 'm').exec(shader.source) ?? [];
    if (text === undefined) throw new EngineError(shader.file, `has no param, override or const ${name}`);
    return Number(text);
  };
}

/** Channels of a vector. */
export const VECTOR = 4;

/**
 * Workgroup memory is cleared, each thread taking one vector at a time: by the driver in one loop over all arrays, or by Dawn
 * in a loop for each. Of both readings the slower stands, so that where it is Dawn a few turns are counted too many.
 */
export const clearing = (size: Sizes, ...vectors: readonly number[]): Nest[] => {
  const all = vectors.reduce((sum, each) => sum + each, 0);
  return [all, ...vectors].flatMap((each) => nest(Math.ceil(each / size('WG'))));
};

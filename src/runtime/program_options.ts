import type { Value } from '../core/op';
import { STEP, type Step } from '../core/step';
import { group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { FUSE, type FuseOptions } from '../graph/fuse_options';
import type { RecomputeOptions } from '../graph/plan_nodes';
import type { LayoutOptions } from '../graph/layout';
import type { OnCompileProgress } from './compile_kernels';
import type { FlatBuffer } from './flat_buffer';
import type { Parameters } from './parameters';

/** How a program is made. */
export interface ProgramOptions {
  /** Needed if the graph declares variables; may be shared with other programs. */
  readonly parameters?: Parameters;
  /** Receives the gradients of trained variables: `Update.gradients`. */
  readonly gradients?: FlatBuffer;
  /**
   * Where variables that the graph assigns are read instead: `Update.state`. Without it they are read where they are, and
   * nothing assigns them.
   */
  readonly state?: FlatBuffer | undefined;
  /** Values to keep readable after a run, as they are or by name, or all of them (more memory). Default: none. */
  readonly keep?: readonly (Value | string)[] | 'all';
  /** @internal Bytes after each value that no kernel should touch; tests look at them. Default: 0. */
  readonly guardBytes?: number;
  /** @internal Puts values inside of larger ones, as tests do. Default: nothing is. */
  readonly margins?: LayoutOptions['margins'];
  /** Which rewrites make fewer dispatches of the graph: all, none, or all but those named with false. Default: all. */
  readonly fuse?: FuseOptions;
  /** Seconds that `run` may keep the device busy at a stretch. Default: 0.5, on software adapters 1.5. */
  readonly submitSeconds?: number;
  /**
   * Bytes that `bytes` may come to: what of the forward part does not fit is computed again for the backward part, with
   * the same results to the bit. Default: everything is stored.
   */
  readonly recompute?: RecomputeOptions;
  /** Told of each kernel that is compiled, while `create` is under way. */
  readonly onProgress?: OnCompileProgress;
}

const FLAT = is.having('buffer', 'layout');
const keep: is.Rule = (where, name, value) => (value === 'all' ? undefined : KEPT(where, name, value));
const VALUE = is.having('shape', 'label', 'role');
const KEPT = is.list((where, name, value) =>
  typeof value === 'string' ? undefined : VALUE(where, name, value),
);

export const PROGRAM: Rules<ProgramOptions> = {
  parameters: FLAT,
  gradients: FLAT,
  state: FLAT,
  keep,
  guardBytes: is.whole(0),
  margins: is.anything,
  fuse: FUSE,
  submitSeconds: is.anything, // checked by the submitter
  recompute: group<RecomputeOptions>({ memory: is.needed(is.anything) }), // compile says what else it must be
  onProgress: is.callable,
};

/** Which parts of the graph to run; `backward` needs what `forward` left. */
export type Part = 'forward' | 'backward';

/** What a run is told. */
export interface RunOptions {
  /** Default: both. */
  readonly parts?: readonly Part[];
  readonly step?: Partial<Step>;
}

export const RUN: Rules<RunOptions> = {
  parts: is.list(is.oneOf('forward', 'backward')),
  step: group<Partial<Step>>(STEP),
};

/** The buffers of weights, gradients and state, which outlive a program. */
export const givenTo = ({ parameters, gradients, state }: ProgramOptions): readonly FlatBuffer[] =>
  [parameters, gradients, state].filter((flat) => flat !== undefined);

import type { DType } from './dtype';
import type { ShaderModule } from './shader';
import type { Shape } from './shape';

export type { DType } from './dtype';

/** A tensor's shape and type as seen at the face, in PyTorch's order. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  /**
   * Set on (N, F) tensors whose features are a flattened plane (C, H, W): memory keeps the plane's own order
   * (H, W, C), so flattening costs nothing, and numbers are re-ordered only where they enter or leave.
   */
  readonly plane?: readonly [channels: number, height: number, width: number];
  /** How memory holds it, where that is not `ROWS`. */
  readonly order?: Order;
  /** Set by an op that fills each row with zeros up to a multiple of 4, wherever `View.zeroPadded` lets it. */
  readonly paddedRows?: true;
}

/** How far apart in memory the numbers along one axis of a shape are, in elements. */
export interface Axis {
  readonly size: number;
  readonly stride: number;
}

/**
 * How memory holds a tensor: as a matrix of rows and columns, whose rows begin `stride` elements apart. Each op that
 * reads weights says in its own file which order they have; `graph.apply` compares it.
 */
export interface Order {
  /** For errors: `weights of a convolution`. */
  readonly name: string;
  /** Names of the sizes: `(out, in, kh, kw)`. Left out where any shape will do. */
  readonly shape?: string;
  /** Columns are rounded up to whole vectors of 4. */
  readonly padded?: true;
  /** Rows of the matrix. */
  rows(spec: TensorSpec): number;
  /** Columns of the matrix. */
  columns(spec: TensorSpec): number;
  /** The axes of the shape, in PyTorch's order, or of what it is a flattened form of; four at most. */
  axes(spec: TensorSpec, stride: number): readonly Axis[];
}

/** A name for data that will exist when the program runs. */
export interface Value extends TensorSpec {
  readonly id: number;
  readonly label: string;
  readonly role: 'input' | 'variable' | 'constant' | 'computed';
}

/** Attributes of an op that has none. */
export type NoAttrs = Readonly<Record<string, never>>;

/** A record with a value of T for each name in K. */
export type Named<K extends string, T> = Readonly<Record<K, T>>;

/**
 * Where a value lies, in elements from the start of its binding. Activations are rows of channels
 * (a row is a pixel), so a branch of a concatenation is a view with the same stride and another offset;
 * parameters are matrices whose rows may be slices of a merged one.
 */
export interface View {
  readonly offset: number;
  /** Elements from one row to the next. */
  readonly stride: number;
  /** True if the elements of a row beyond its channels, up to the stride, are zero and may be read. */
  readonly zeroPadded: boolean;
  /** True if this value lies inside the tensor it is concatenated into or sliced from: nothing to copy. */
  readonly elided?: boolean;
  /** True if nobody reads this output: it has no memory and must not be bound. */
  readonly unread?: boolean;
}

/** What `lower` may know of the adapter: it never sees a device. */
export interface Target {
  readonly maxWorkgroupsPerDimension: number;
  /** Workgroups that fill the adapter: weight gradients are split until there are about this many. */
  readonly parallelWorkgroups: number;
  /** Convolutions with more are cut into dispatches that compute some of the outputs each. Default: no limit. */
  readonly multiplyAddsPerDispatch?: number;
  /** Bytes of workgroup memory, and invocations, that a workgroup may have. Default: what WebGPU guarantees. */
  readonly maxWorkgroupStorage?: number;
  readonly maxInvocationsPerWorkgroup?: number;
  /** Lanes of a subgroup, where kernels may count on it: the feature is there and all subgroups have this size. */
  readonly subgroupSize?: number | undefined;
  /** What kind of adapter it is, for shipped choices: `swiftshader`, `llvmpipe`, else a GPU's vendor. */
  readonly adapter?: string;
  /** Names one of the candidate kernels for a problem (see src/ops/conv/problem.ts), or leaves the default. */
  readonly choose?: (problem: string, candidates: readonly string[]) => string | undefined;
  /** Kernels that must not run, as `form kernel`: `forward quad 16x32`. Default: none. */
  readonly exclude?: ReadonlySet<string>;
}

/** Working memory of one node: exists from its first launch to its last. */
export interface Scratch {
  readonly scratch: string;
  readonly elements: number;
}

/** Whole numbers that a launch reads and that never change: a program uploads them once. */
export interface Table {
  readonly table: string;
  readonly words: Uint32Array<ArrayBuffer>;
}

/**
 * A flat buffer that outlives programs, by name: `variables`, their `gradients`, a slot of an optimizer, or what else an
 * update keeps; see `updateStage`.
 */
export interface Flat {
  readonly flat: string;
}

/** One layer's share in a node that stands for several; the node's op itself then counts no multiply-adds. */
export interface LayerShare {
  readonly label: string;
  readonly multiplyAdds: number;
}

/** Which of several kernels a problem got, by name. */
export interface KernelChoice {
  /** Names what decides how fast a kernel is: layers with the same problem get the same kernel. */
  readonly problem: string;
  readonly kernel: string;
  /** All that can compute the problem on the target, the preferred first. */
  readonly candidates: readonly string[];
}

/** One compute dispatch, as data. Every key is a name that stands in the WGSL file. */
export interface Launch {
  readonly shader: ShaderModule;
  readonly entry: string;
  /** Set where a node stands for several layers. */
  readonly layer?: LayerShare;
  /** Set on what a kernel launches that is one of several. */
  readonly choice?: KernelChoice;
  /** Storage variable -> tensor, scratch, table or flat buffer. A uniform named `step` is bound by the program. */
  readonly bind: Readonly<Record<string, Value | Scratch | Table | Flat>>;
  /** Fields of `struct Params`: sizes, free to change. */
  readonly params: Readonly<Record<string, number>>;
  /** Overrides: code shape; each new combination is a pipeline. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** Other values for `const NAME = ...;` and `alias NAME = ...;` lines: tile sizes, vectors for numbers. */
  readonly variant?: Readonly<Record<string, number | string>>;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** What a node launches, in order. */
export interface Lowered {
  readonly launches: readonly Launch[];
}

/** An op applied to values. A node holds its op: there is no registry. */
export interface GraphNode {
  readonly op: Op;
  readonly label: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly attrs: unknown;
}

/** A node whose inputs, outputs and attributes have the types that its op gives them. */
export interface TypedNode<I extends string, O extends string, A> extends GraphNode {
  readonly inputs: Named<I, Value>;
  readonly outputs: Named<O, Value>;
  readonly attrs: A;
}

/** What `backward` may do: append gradient nodes. The graph implements it. */
export interface Builder {
  /** Appends an op and gives its outputs; `label` names them. */
  apply<I extends string, O extends string, A>(
    op: Op<I, O, A>,
    inputs: Named<I, Value>,
    attrs: A,
    label: string,
  ): Named<O, Value>;
}

/** Gradients of a node's outputs; missing where nothing depends on that output. */
export type Gradients<K extends string> = Partial<Named<K, Value>>;

/** Views by name of the node's input or output (names never collide between the two). */
export type Views<I extends string, O extends string> = Named<I | O, View>;

/**
 * A last touch to an output, of its shape: `add` is added to it; then it is 0 where `mask` is not above 0 (the
 * gradient of ReLU). A node without such an input goes without the touch.
 */
export interface Epilogue<O extends string = string> {
  readonly output: O;
  readonly inputs: readonly ('add' | 'mask')[];
}

/**
 * An op is a value with three pure functions; none of them sees a GPUDevice.
 *
 * `infer` gives the outputs or throws a `ShapeError` that starts with `where` (the layer's name).
 * `lower` gives the launches. `backward` appends gradient nodes for the inputs that `wanted` names and returns
 * their values. An op without `backward` cannot be differentiated through.
 * Method syntax on purpose: an `Op<'x', 'y', A>` is then usable wherever any `Op` is.
 */
export interface Op<I extends string = string, O extends string = string, A = never> {
  readonly name: string;
  /** How memory holds the inputs and outputs that are no rows of channels: weights, and their gradients. */
  readonly orders?: Partial<Record<I | O, Order>>;
  /**
   * How its tensors may lie in one memory, so that nothing is copied: y is x by another name; y is x's channels from
   * `attrs.first` on; the inputs are y's channels side by side.
   */
  readonly sharesMemory?: 'reshape' | 'slice' | 'concat';
  /** Names of its attributes: others are refused. Default: any are taken. */
  readonly attributes?: readonly string[];
  /** What the kernel can do to an output as it writes it, if a rewrite of the graph gives the node more inputs. */
  readonly epilogue?: Epilogue<O>;
  /** Shapes and types of the outputs. It throws errors that begin with `where`. */
  infer(where: string, inputs: Named<I, TensorSpec>, attrs: A): Named<O, TensorSpec>;
  /** Below what the whole numbers of an input must stay, such as labels below the number of classes. */
  below?(inputs: Named<I, TensorSpec>): Partial<Record<I, number>>;
  /** What the attributes become where the network classifies: dropout then drops nothing. Left out where they stay. */
  classifying?(attrs: A): unknown;
  /** The launches that compute the node, for values that lie where `views` says. */
  lower(node: TypedNode<I, O, A>, views: Views<I, O>, target: Target): Lowered;
  /**
   * Multiply-adds of the formula, whatever a kernel really does: products with padding count, those of a tile's
   * overhang do not, and Winograd's saving does not show. Left out where there are none worth counting.
   */
  multiplyAdds?(node: TypedNode<I, O, A>): number;
  /** Appends the nodes of the gradients that are `wanted`, and gives their values by input; undefined for one that stops there. */
  backward?(
    builder: Builder,
    node: TypedNode<I, O, A>,
    gradients: Gradients<O>,
    wanted: ReadonlySet<string>,
  ): Gradients<I>;
}

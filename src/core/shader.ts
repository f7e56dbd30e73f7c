/** How a shader variable is bound: uniforms hold `Params` or `Step`, storage buffers hold tensors. */
export type Access = 'uniform' | 'read' | 'read_write';

export interface Binding {
  readonly binding: number;
  readonly access: Access;
  /** Name of the struct, for a uniform. */
  readonly struct?: string;
  /** 4 for `array<f32>`, 16 for `array<vec4f>`; views are checked against it. */
  readonly elementBytes: number;
}

export interface StructLayout {
  readonly size: number;
  readonly fields: Readonly<
    Record<string, { readonly offset: number; readonly type: 'f32' | 'u32' | 'i32' }>
  >;
}

/** What the build reads from one WGSL file, so that TypeScript states no binding number or byte offset. */
export interface ShaderModule {
  readonly file: string;
  readonly source: string;
  /** Entry point -> variable -> binding, all in group 0. */
  readonly entries: Readonly<Record<string, Readonly<Record<string, Binding>>>>;
  readonly structs: Readonly<Record<string, StructLayout>>;
  readonly overrides: readonly string[];
}

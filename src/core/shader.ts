/** How a shader variable is bound: uniforms hold `Params` or `Step`, storage buffers hold tensors. */
export type Access = 'uniform' | 'read' | 'read_write';

/** A variable of a WGSL file that a bind group fills. */
export interface Binding {
  readonly binding: number;
  readonly access: Access;
  /** Name of the struct, for a uniform. */
  readonly struct?: string;
  /** 4 for `array<f32>`, 16 for `array<vec4f>`; views are checked against it. */
  readonly elementBytes: number;
}

/** Where the fields of a WGSL struct lie, in bytes. */
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

/**
 * A shader as the build ships it: without comments and spaces, from which all else is read again.
 *
 * @param uses the variables of each entry point: their places among those that the text declares, in base 36
 */
export function shaderOf(file: string, source: string, uses: Readonly<Record<string, string>>): ShaderModule {
  const matches = (pattern: RegExp): string[][] =>
    [...source.matchAll(pattern)].map((match) => match.slice(1));
  const aliases = new Map(matches(/^alias (\w+)=(\w+);/gm) as [string, string][]);
  const structs: Record<string, StructLayout> = {};
  for (const [name, body] of matches(/^struct (\w+)\{([^}]*)\}/gm) as [string, string][]) {
    const fields = body.match(/\w+:\w+/g) ?? [];
    structs[name] = {
      size: 4 * fields.length,
      fields: Object.fromEntries(
        fields.map((field, index) => {
          const [key, type] = field.split(':') as [string, 'u32'];
          return [key, { offset: 4 * index, type }];
        }),
      ),
    };
  }
  const declared = matches(/@binding\((\d+)\)var<(?:storage,)?(\w+)>(\w+):(?:array<)?(\w+)/g);
  const uniforms: string[] = [];
  const variables = (declared as [string, Access, string, string][]).map(([binding, access, name, type]) => {
    const isUniform = access === 'uniform';
    if (isUniform) uniforms.push(type);
    const element = aliases.get(type) ?? type;
    const elementBytes = structs[element]?.size ?? (element.startsWith('vec4') ? 16 : 4);
    return [
      name,
      { binding: Number(binding), access, elementBytes, ...(isUniform && { struct: type }) },
    ] as const;
  });
  const entries = Object.entries(uses).map(([entry, places]) => {
    const used = (places.match(/\w/g) ?? []).map((place) => variables[parseInt(place, 36)]);
    return [entry, Object.fromEntries(used.filter((each) => each !== undefined))] as const;
  });
  return {
    file,
    source,
    entries: Object.fromEntries(entries),
    structs: Object.fromEntries(uniforms.map((name) => [name, structs[name] as StructLayout])),
    overrides: matches(/^override (\w+)/gm).map(([name]) => name as string),
  };
}

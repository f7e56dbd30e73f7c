// What the build writes for a WGSL file; nothing shipped imports this.
import { shaderOf, type ShaderModule } from '../core/shader';
import { WgslError, squeezed } from '../gpu/wgsl_text';

/**
 * What `shaderOf` makes the same shader of, but for its comments and spaces.
 * @throws WgslError where `shaderOf` would read something else than the parser does
 */
export function shippedShader(shader: ShaderModule): Parameters<typeof shaderOf> {
  const { file, entries } = shader;
  const source = squeezed(shader.source);
  const declared = [...source.matchAll(/@binding\(\d+\)var<[^>]*>(\w+)/g)].map(([, name]) => name);
  const uses = Object.entries(entries).map(([entry, bindings]) => {
    return [
      entry,
      Object.keys(bindings)
        .map((name) => declared.indexOf(name).toString(36))
        .join(''),
    ];
  });
  const shipped: Parameters<typeof shaderOf> = [file, source, Object.fromEntries(uses)];
  const read = JSON.stringify(inOrder(shaderOf(...shipped)));
  if (read !== JSON.stringify(inOrder({ ...shader, source }))) {
    const advice = 'write its declarations as the other files do';
    throw new WgslError(file, 0, 'is not read by src/core/shader.ts as it is by the parser', read, advice);
  }
  return shipped;
}

const inOrder = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, each]) => [key, inOrder(each)]),
      );

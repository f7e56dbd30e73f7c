// What an import of a WGSL file means; `src/gpu/vite_wgsl.ts` makes the object while bundling.
declare module '*.wgsl' {
  const shader: import('./core/shader').ShaderModule;
  export default shader;
}

// What an import of a WGSL file means; a plugin (`src/shader`) makes the object while bundling.
declare module '*.wgsl' {
  const shader: import('./core/shader').ShaderModule;
  export default shader;
}

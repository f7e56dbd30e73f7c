// The package's `main` is CommonJS under an ESM name, so Node needs the other file, which comes without types.
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}

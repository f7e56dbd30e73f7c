// What the benchmark uses of protobuf.js; see tfjs.d.ts.
interface Type {
  create(fields: object): object;
  encode(message: object): { finish(): Uint8Array };
}

export function parse(
  schema: string,
  options: { readonly keepCase: boolean },
): { readonly root: { lookupType(name: string): Type } };

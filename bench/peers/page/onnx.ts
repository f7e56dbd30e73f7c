import type { Shape } from '../../../src/index';
import type { Layer } from '../layers';
import { parse } from '../packages/protobuf';
import type { Problem } from '../problem';
import schema from './onnx.proto?raw';

const FLOAT = 1;
const OPSET = 17;
const IR_VERSION = 8;
const INT = 2;
const INTS = 7;

/** An ONNX model of the problem's network, with its weights, from images to the main classifier's scores. */
export function onnxModel({ layers, input, heads, weights, batch, size }: Problem): Uint8Array {
  const output = heads[0]?.scores ?? '';
  const scores = layers.find(({ y }) => y === output);
  const { root } = parse(schema, { keepCase: true });
  const Model = root.lookupType('onnx.ModelProto');
  const model = {
    ir_version: IR_VERSION,
    producer_name: 'inception-webgpu',
    opset_import: [{ domain: '', version: OPSET }],
    graph: {
      name: 'network',
      node: layers.flatMap(nodesOf),
      initializer: [...weights].map(([name, { shape, data }]) => ({
        name,
        dims: shape,
        data_type: FLOAT,
        raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: [valueOf(input, [batch, 3, size, size])],
      output: [valueOf(output, scores?.shape ?? [])],
    },
  };
  return Model.encode(Model.create(model)).finish();
}

function valueOf(name: string, shape: Shape) {
  const dim = shape.map((length) => ({ dim_value: length }));
  return { name, type: { tensor_type: { elem_type: FLOAT, shape: { dim } } } };
}

function node(
  kind: string,
  inputs: readonly string[],
  y: string,
  attributes: Record<string, number | readonly number[]> = {},
) {
  const attribute = Object.entries(attributes).map(([name, value]) =>
    typeof value === 'number' ? { name, type: INT, i: value } : { name, type: INTS, ints: value },
  );
  return { name: y, op_type: kind, input: inputs, output: [y], attribute };
}

function nodesOf(layer: Layer) {
  const { y } = layer;
  if (layer.kind === 'concat') return [node('Concat', layer.xs, y, { axis: 1 })];
  if (layer.kind === 'flatten') return [node('Flatten', [layer.x], y)];
  // `pads` begins with those at the top and left of all axes, as our padding does.
  const window = 'window' in layer && {
    kernel_shape: layer.window.kernel,
    strides: layer.window.stride,
    pads: layer.window.padding,
  };
  if (layer.kind === 'pool') {
    return [node(layer.take === 'max' ? 'MaxPool' : 'AveragePool', [layer.x], y, { ...window })];
  }
  const inputs = [layer.x, layer.weight, layer.bias];
  const sum = layer.relu ? `${y}.biased` : y;
  const product =
    layer.kind === 'conv'
      ? node('Conv', inputs, sum, { ...window })
      : node('Gemm', inputs, sum, { transB: 1 });
  return layer.relu ? [product, node('Relu', [sum], y)] : [product];
}

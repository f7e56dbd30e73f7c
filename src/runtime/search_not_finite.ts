import type { TensorSpec } from '../core/op';
import type { NotFinite } from '../core/errors';
import type { Step } from '../core/step';
import { bytesOf } from '../core/dtype';
import { sizeOf } from '../core/shape';
import { destroyBuffers } from '../gpu/commands';
import type { Home, BoundLaunch } from '../graph/plan';
import { findNotFinite, type Searched } from '../optim/find_not_finite';
import { allocate, orDestroy, readBuffer, storageBuffer } from './buffers';
import { prepareLaunches } from './launches';
import { layerOf } from './profile';
import type { Program } from './program';

interface Search extends Searched {
  /** Looked through after this launch of the program; -1 is before the first. */
  readonly after: number;
  readonly home: Home;
  readonly layer: string;
  readonly tensor: string;
  readonly part: NotFinite['part'];
}

/**
 * Runs a program once more, with the inputs that it holds, and looks through everything that it makes: weights first,
 * then each node's outputs right after it, before their memory is used again.
 * @returns the first tensor with a NaN or an infinity, in the order of computation
 */
export async function searchNotFinite(program: Program, step: Partial<Step>): Promise<NotFinite | undefined> {
  const { engine, slots, parameters, gradients } = program;
  const places = [...weightPlaces(program), ...outputPlaces(program)];
  // All 0, as WebGPU makes buffers.
  const { found } = await allocate(engine, 'search', () => ({
    found: storageBuffer(engine, 'found', bytesOf(places.length, 'u32')),
  }));
  const searches = places.map((place, index): BoundLaunch => ({
    ...findNotFinite(place, index, engine.target),
    label: `search/${place.tensor}`,
    part: 'forward',
    homes: { x: place.home, found: { buffer: 'found', offset: 0, size: 0 } },
  }));
  const works = places.map(({ home }) => ({ multiplyAdds: 0, bytes: home.size }));
  const flat = { variables: parameters?.buffer, gradients: gradients?.buffer, found };
  const memory = { slots, step: found, flat };
  const prepared = await orDestroy(engine, () => prepareLaunches(engine, searches, memory, { works }), [
    found,
  ]);

  const after = (launch: number) => prepared.launches.filter((_, index) => places[index]?.after === launch);
  const count = async (): Promise<Uint32Array> => {
    const launches = program.begin({ step }).flatMap((launch, index) => [launch, ...after(index)]);
    program.submitter.submit('search', [...after(-1), ...launches]);
    return new Uint32Array(await readBuffer(engine, found));
  };
  const own = [found, prepared.uniforms];
  const counts = await orDestroy(engine, count, own);
  destroyBuffers(engine, own);

  const first = places.findIndex((_, index) => counts[index] !== 0);
  const place = places[first];
  if (!place) return undefined;
  const { layer, tensor, part, spec } = place;
  return { layer, tensor, part, count: counts[first] ?? 0, size: sizeOf(spec.shape) };
}

/** A variable or its gradient, in the flat buffer of the one or the other. */
function flatPlace(
  { parameters, gradients }: Program,
  name: string,
  flat: 'variables' | 'gradients',
): Pick<Search, 'x' | 'spec' | 'view' | 'home'> | undefined {
  const place = (flat === 'variables' ? parameters : gradients)?.layout.places.get(name);
  if (!place) return undefined;
  const { rows, columns, offset, stride, matrix } = place;
  // As the matrix that memory holds, whatever its shape is to PyTorch.
  const spec: TensorSpec = { shape: [rows, columns], dtype: 'f32' };
  const home = { buffer: flat, offset: bytesOf(matrix.offset), size: bytesOf(matrix.elements) };
  return { x: { flat }, spec, view: { offset: offset - matrix.offset, stride }, home };
}

/** `inception3a.conv2` of `inception3a.conv2.weight`. */
const layerName = (variable: string): string => variable.replace(/\.[^.]*$/, '');

function weightPlaces(program: Program): Search[] {
  return [...program.graph.variables.keys()].flatMap((name): Search[] => {
    const place = flatPlace(program, name, 'variables');
    return place ? [{ ...place, after: -1, layer: layerName(name), tensor: name, part: 'weights' }] : [];
  });
}

function outputPlaces(program: Program): Search[] {
  const { plan, graph } = program;
  const variableOf = new Map([...graph.gradients].map(([value, gradient]) => [gradient, value]));
  return plan.launches.flatMap(({ node, part }, after): Search[] => {
    if (plan.launches[after + 1]?.node === node) return [];
    const own = plan.launches.filter((launch) => launch.node === node);
    const about = { after, layer: layerOf(node.label), part };
    return Object.values(node.outputs).flatMap((value): Search[] => {
      const variable = variableOf.get(value);
      if (variable?.role === 'variable') {
        const place = flatPlace(program, variable.label, 'gradients');
        const named = { layer: layerName(variable.label), tensor: `gradient of ${variable.label}` };
        return place ? [{ ...about, ...place, ...named }] : [];
      }
      const bound = own.flatMap(({ bind, homes }) =>
        Object.entries(bind).flatMap(([name, target]) => (target === value ? [homes[name]] : [])),
      );
      const [home] = bound;
      if (value.dtype !== 'f32' || !home) return [];
      const view = plan.layout.view(value, node);
      return [{ ...about, x: value, spec: value, view, home, tensor: value.label }];
    });
  });
}

import { requireObject } from '../core/check';
import { checkOptions } from '../core/options';
import { writeBuffer } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import type { Graph } from '../graph/graph';
import type { Compile } from '../graph/plan_nodes';
import { workOfEach } from '../graph/work';
import { allocate, orDestroy, storageBuffer } from './buffers';
import { checkBuffers } from './check_buffers';
import { prepareLaunches } from './launches';
import { withPauses } from './pause';
import type { ProgramParts } from './planned_program';
import { givenTo, PROGRAM, type ProgramOptions } from './program_options';
import { Submitter } from './submits';
import { StepUniform } from './uniforms';

/**
 * Plans the graph by `compile`, allocates its memory and compiles its pipelines; `finish` makes the program of them.
 * Where anything fails, nothing is left.
 */
export async function makeProgram<T>(
  engine: Engine,
  graph: Graph,
  options: ProgramOptions,
  compile: Compile,
  finish: (parts: ProgramParts) => T,
): Promise<T> {
  requireDevice(engine, 'program');
  requireObject('program', 'the graph', graph, ['nodes', 'inputs', 'variables']);
  checkOptions('program', options, PROGRAM);
  for (const flat of givenTo(options)) flat.requireAlive('program', engine);
  const submitter = new Submitter(engine, options.submitSeconds);
  const layouts = checkBuffers(graph, options);
  const { keep: asked = [], fuse, guardBytes, margins, recompute, onProgress } = options;
  const keep =
    asked === 'all'
      ? graph.nodes.flatMap((node) => Object.values(node.outputs))
      : asked.map((each) => (typeof each === 'string' ? graph.value(each) : each));
  const { target, device } = engine;
  const limits = device.limits;
  const plan = await withPauses(
    compile(graph, layouts, { keep, fuse, guardBytes, margins, target, limits, recompute }),
  );
  const { slots, step, tables } = await allocate(engine, 'program', () => ({
    slots: plan.slots.map((bytes, index) => storageBuffer(engine, `slot ${index}`, bytes, { inParts: true })),
    tables: storageBuffer(engine, 'tables', plan.tables.byteLength),
    step: new StepUniform(engine, 'step'),
  }));
  const flat = {
    variables: options.parameters?.buffer,
    gradients: options.gradients?.buffer,
    state: options.state?.buffer,
    tables,
  };
  const prepare = () => {
    writeBuffer(engine, tables, 0, plan.tables);
    const memory = { slots, step: step.buffer, flat };
    const works = workOfEach(plan.launches);
    return prepareLaunches(engine, plan.launches, memory, { works, ...(onProgress && { onProgress }) });
  };
  const { launches, uniforms } = await orDestroy(engine, prepare, [...slots, step.buffer, tables]);
  const own = [step.buffer, uniforms, tables];
  const parts = { engine, graph, plan, slots, step, submitter, own, flat, launches, options };
  return orDestroy(engine, () => finish(parts), [...slots, ...own]);
}

import type { Engine } from '../gpu/engine';
import { compile } from '../graph/compile';
import type { Graph } from '../graph/graph';
import { PlannedProgram } from './planned_program';
import type { ProgramOptions } from './program_options';
import { makeProgram } from './program_parts';

/** A program of a graph that was rewritten so that fewer dispatches compute the same. */
export class Program extends PlannedProgram {
  /**
   * Plans the graph, allocates its memory and compiles its pipelines.
   * @throws {ValueError} if the graph has variables and none are given, or others than it declares; for a
   * `submitSeconds` that is not positive
   * @throws {LimitError | OutOfMemoryError | ShaderError | DeviceLostError}
   */
  static async create(engine: Engine, graph: Graph, options: ProgramOptions = {}): Promise<Program> {
    return makeProgram(engine, graph, options, compile, (parts) => new Program(parts));
  }
}

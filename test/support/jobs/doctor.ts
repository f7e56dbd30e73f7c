import type { Launch } from '../../../src/core/op';
import { diagnose, type DiagnoseOptions, type Diagnosis } from '../../../src/doctor/diagnose';
import { failedKernels, withoutKernels } from '../../../src/doctor/exclude';
import { diagnosisText } from '../../../src/doctor/text';
import type { Engine } from '../../../src/gpu/engine';
import { Pipelines, type PipelineRequest } from '../../../src/gpu/pipelines';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { smallImages, smallTrainer } from '../small_trainer';

/** A driver that miscompiles: where a launch is of this kernel or shader, its text is another. */
export interface Miscompiled {
  readonly file: string;
  readonly entry: string;
  /** Of the kernels that share the shader. */
  readonly kernel?: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** Makes the pipelines of a faulty driver; all others are those that tests share. */
class FaultyPipelines extends Pipelines {
  readonly #right: Pipelines;
  readonly #faults: readonly Miscompiled[];

  constructor(engine: Engine, faults: readonly Miscompiled[]) {
    super(engine.device);
    this.#right = engine.pipelines;
    this.#faults = faults;
  }

  override get(request: PipelineRequest): Promise<GPUComputePipeline> {
    const { shader, entry } = request;
    // What asks for a pipeline is a whole launch.
    const { choice } = request as Partial<Launch>;
    const fault = this.#faults.find(
      ({ file, entry: at, kernel }) => file === shader.file && at === entry && kernel === choice?.kernel,
    );
    if (!fault) return this.#right.get(request);
    const { find, replace } = fault;
    if (shader.source.split(find).length !== 2) throw new Error(`${shader.file}: must hold "${find}" once`);
    return super.get({
      ...request,
      shader: { ...shader, source: shader.source.replace(find, () => replace) },
    });
  }
}

const withFaults = (engine: Engine, faults: readonly Miscompiled[]): Engine => ({
  ...engine,
  pipelines: new FaultyPipelines(engine, faults),
});

export interface DoctorReport {
  readonly diagnosis: Diagnosis;
  readonly text: string;
  readonly failed: readonly string[];
  /** Checks that progress counted. */
  readonly counted: readonly number[];
  readonly buffersLeft: number;
}

/** A diagnosis on this adapter, with a driver that miscompiles some shaders. */
export async function diagnoseFaulty(
  context: JobContext,
  { faults }: { readonly faults: readonly Miscompiled[] },
): Promise<DoctorReport> {
  const engine = withFaults(await sharedEngine(context), faults);
  const counted: number[] = [];
  const before = engine.counters.liveBuffers;
  const diagnosis = await diagnose(engine, { onProgress: ({ done }) => counted.push(done) });
  const buffersLeft = engine.counters.liveBuffers - before;
  return {
    diagnosis,
    text: diagnosisText(diagnosis),
    failed: failedKernels(diagnosis),
    counted,
    buffersLeft,
  };
}

/** Losses of three steps by the right driver, by a faulty one, and by the faulty one without some kernels. */
export async function trainWithout(
  context: JobContext,
  { faults, excluded }: { readonly faults: readonly Miscompiled[]; readonly excluded: readonly string[] },
): Promise<Record<'right' | 'faulty' | 'excluded', number[]>> {
  const engine = await sharedEngine(context);
  const faulty = withFaults(engine, faults);
  const losses = async (by: Engine): Promise<number[]> => {
    const trainer = await smallTrainer(by, 4);
    const { images, labels } = smallImages(4);
    const found: number[] = [];
    for (let step = 0; step < 3; step++) found.push((await trainer.step(images, labels)).total);
    trainer.destroy();
    return found;
  };
  return {
    right: await losses(engine),
    faulty: await losses(faulty),
    excluded: await losses(withoutKernels(faulty, excluded)),
  };
}

/** What stops it, and what is refused. */
export async function doctorMisuse(
  context: JobContext,
  { kernels }: { readonly kernels: readonly string[] },
) {
  const engine = await sharedEngine(context);
  const controller = new AbortController();
  const onProgress = ({ done }: { readonly done: number }): void => {
    if (done === 2) controller.abort();
  };
  return attempt({
    stopped: () => diagnose(engine, { signal: controller.signal, onProgress }),
    'an op that is none': () => diagnose(engine, { only: 'reul' }),
    'an option that is none': () => diagnose(engine, { onlyOp: 'relu' } as DiagnoseOptions),
    unknown: () => withoutKernels(engine, ['forward quad']),
    'none left': () => smallTrainer(withoutKernels(engine, kernels), 2),
  });
}

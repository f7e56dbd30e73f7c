import { loadWeights, saveWeights } from '../../../../src/io/weights';
import { equalAverage, exponentialAverage } from '../../../../src/optim/average';
import { adam, sgd } from '../../../../src/optim/index';
import { crossEntropy } from '../../../../src/ops/cross_entropy';
import { gradientBuffer } from '../../../../src/runtime/flat_buffer';
import { Parameters } from '../../../../src/runtime/parameters';
import { Program } from '../../../../src/runtime/program';
import { runOp } from '../../../../src/runtime/run_op';
import { Update } from '../../../../src/runtime/update';
import { Classifier } from '../../../../src/train/classifier';
import type { StepLosses } from '../../../../src/train/step_report';
import { Trainer } from '../../../../src/train/trainer';
import type { TrainerOptions } from '../../../../src/train/trainer_options';
import { classesOf, KIND_NAMES, network, rightBatch, type Net } from './networks';
import {
  bitsOf,
  must,
  usable,
  type Config,
  type Move,
  type ParametersThing,
  type TrainerThing,
  type World,
} from './world';
import * as wrong from './wrong';
import { shownValue, wrongOption } from './wrong';

/** Does a call, or returns undefined where there is nothing to call it on. */
type Make = (world: World) => Move | undefined;

/** Things of a kind that may be there at a time: each is looked at after each call. */
const MOST = 4;

const mostly = ({ chance }: World): boolean => chance.below(3) > 0;
const full = (things: readonly { readonly alive: boolean }[]): boolean =>
  things.filter(({ alive }) => alive).length >= MOST;

function newNet(world: World): Net {
  const { chance, nets } = world;
  const known = nets.length > 5 || (nets.length > 0 && chance.below(2) === 0);
  if (known) return chance.pick(nets);
  const kind = chance.pick(KIND_NAMES);
  const batch = 1 + chance.below(2);
  const net = network(world.name('net'), kind, batch);
  nets.push(net);
  world.log.push(`${net.name} = network(${kind}, ${batch})`);
  return net;
}

const otherNet = (world: World, { graph }: Net): Net | undefined =>
  world.nets.find((other) => other.graph !== graph);

/** Parameters that should fit a network, or another's. */
function parametersFor(world: World, net: Net): ParametersThing | undefined {
  const { chance, parameters } = world;
  const fitting = parameters.filter((each) => each.net.kind === net.kind && each.alive);
  if (fitting.length > 0 && chance.below(8) > 0) return chance.pick(fitting);
  return world.some(parameters);
}

const fits = ({ kind }: Net, given: ParametersThing | undefined): boolean =>
  given !== undefined && given.alive && given.net.kind === kind;

async function keepParameters(
  world: World,
  name: string,
  net: Net,
  it: Parameters,
): Promise<ParametersThing> {
  const thing = { name, it, net, alive: true, bits: await bitsOf(it), stale: false, version: 0 };
  world.parameters.push(thing);
  return thing;
}

const makeParameters: Make = (world) => {
  if (full(world.parameters)) return undefined;
  const { chance, engine } = world;
  const net = newNet(world);
  const name = world.name('parameters');
  const seed = chance.below(3);
  const initial = chance.pick(['pytorch', 'he', 'xavier'] as const);
  const bad = mostly(world) ? undefined : wrongOption(chance, wrong.PARAMETERS);
  return {
    text: `${name} = Parameters.create(${net.name}, { seed: ${seed}, initial: ${initial}, ${bad?.text ?? ''} })`,
    expect: bad ? 'fails' : 'works',
    call: () => Parameters.create(engine, net.graph, { seed, initial, ...bad?.given }),
    async done(it: Parameters) {
      const { bits } = await keepParameters(world, name, net, it);
      world.same(`parameters of ${net.kind}, ${seed}, ${initial}`, bits);
    },
  };
};

/** What decides a run's bits, by chance. */
function someConfig({ chance }: World): { readonly config: Config; readonly text: string } {
  const optimizer = chance.pick([() => sgd({ momentum: 0.9 }), () => adam()])();
  const rate = chance.pick([0.05, 0, (step: number) => 0.1 / (1 + step)]);
  const average = chance.pick([undefined, undefined, equalAverage(), exponentialAverage({ decay: 0.9 })]);
  const microBatches = chance.pick([1, 1, 2]);
  const seed = chance.below(3);
  const text = `${optimizer.name}, rate: ${String(rate)}, average: ${average?.name}, microBatches: ${microBatches}, seed: ${seed}`;
  return { config: { optimizer, rate, microBatches, seed, ...(average && { average }) }, text };
}

const makeTrainer: Make = (world) => {
  if (full(world.trainers)) return undefined;
  const { chance, engine } = world;
  const net = newNet(world);
  const name = world.name('trainer');
  const { config: fresh, text: freshText } = someConfig(world);
  const resume = chance.below(3) === 0 ? world.some(world.checkpoints) : undefined;
  const config = resume ? resume.config : fresh;
  const given = chance.below(3) === 0 ? parametersFor(world, net) : undefined;
  const stepsInFlight = 1 + chance.below(3);
  const other = otherNet(world, net);
  const strange = other && chance.below(12) === 0;
  const bad = mostly(world) ? undefined : wrongOption(chance, wrong.TRAINER);
  const options: TrainerOptions = {
    graph: net.graph,
    images: net.images,
    heads: strange ? other.heads : net.heads,
    ...config,
    stepsInFlight,
    ...(given && { parameters: given.it }),
    ...(resume && { resume: resume.it }),
    ...(chance.below(4) === 0 && { keep: [net.inner] }),
    ...(chance.below(4) === 0 && { fuse: false }),
    ...bad?.given,
  };
  const right = !bad && !strange && (!given || fits(net, given)) && (!resume || resume.kind === net.kind);
  const texts = [
    resume ? `resume: ${resume.name}` : freshText,
    given && `parameters: ${given.name}`,
    strange && `heads of ${other.name}`,
    `stepsInFlight: ${stepsInFlight}`,
    bad?.text,
  ].filter(Boolean);
  return {
    text: `${name} = Trainer.create(${net.name}, { ${texts.join(', ')} })`,
    expect: right ? 'works' : 'fails',
    call: () => Trainer.create(engine, options),
    changes: given && resume ? [given] : [],
    async done(it: Trainer) {
      await world.look(name, given ? [given] : []);
      const parameters = given ?? (await keepParameters(world, `${name}.parameters`, net, it.parameters));
      const steps = resume?.steps ?? 0;
      must(it.steps === steps, `${name} has done ${it.steps} steps, not ${steps}`);
      const known = resume && options.fuse !== false && net.batch * (config.microBatches ?? 1) > 0;
      world.trainers.push({
        ...{ name, it, net, parameters, config, stepsInFlight, steps },
        ...{ alive: true, owns: !given, underWay: 0, version: parameters.version },
        // Another batch, or other kernels, give the same only within rounding.
        lineage: known ? `${resume.lineage}, batch ${net.batch}` : name,
      });
    },
  };
};

interface Batch {
  images: unknown;
  labels: unknown;
  inputs: Record<string, unknown>;
}

/** What may be wrong with a batch; each gives a text, or undefined where the network cannot have it. */
const WRONG_BATCHES: readonly ((batch: Batch, world: World, net: Net) => string | undefined)[] = [
  function images(batch, { chance }) {
    batch.images = chance.pick([
      null,
      undefined,
      1,
      'x',
      [1, 2],
      {},
      new Float64Array(48),
      new Uint32Array(48),
    ]);
    return `images ${Object.prototype.toString.call(batch.images)}`;
  },
  function lengthOfImages(batch) {
    batch.images = (batch.images as Float32Array).slice(1);
    return 'images that lack one number';
  },
  function noNumber(batch, { chance }) {
    if (!(batch.images instanceof Float32Array)) return undefined;
    const value = chance.pick([NaN, Infinity, -Infinity]);
    batch.images[chance.below(batch.images.length)] = value;
    return `images with ${value}`;
  },
  function label(batch, { chance }, net) {
    const classes = classesOf(net);
    const bad = chance.pick([
      classes,
      BigInt(classes),
      -1,
      -1n,
      0.5,
      NaN,
      '0',
      null,
      undefined,
      2 ** 32,
      2n ** 64n,
      true,
    ]);
    const labels = [...(batch.labels as readonly unknown[])];
    labels[chance.below(labels.length)] = bad;
    batch.labels = labels;
    return `a label ${shownValue(bad)}`;
  },
  function labels(batch, { chance }) {
    batch.labels = chance.pick([null, undefined, 1, '01', {}, [], new Uint8Array(7)]);
    return `labels ${shownValue(batch.labels)}`;
  },
  function input(batch, { chance }, { meta }) {
    if (meta === 0)
      batch.inputs = chance.pick([
        { meta: new Float32Array(4) },
        { images: batch.images },
        null as never,
        5 as never,
      ]);
    else {
      const given = batch.inputs['meta'] as Float32Array;
      batch.inputs = chance.pick<unknown>([
        {},
        { meta: given.slice(1) },
        { meta: [...given] },
        { meta: Uint32Array.from(given) },
        { meta: null },
        { mata: given },
        { meta: given, more: given },
        undefined,
      ]) as never;
    }
    const given = Object.entries((batch.inputs as typeof batch.inputs | undefined) ?? {});
    return `inputs ${given.map(([key, value]) => `${key}: ${Object.prototype.toString.call(value)}`).join()}`;
  },
];

/** A trainer's next batch: always the same for the number of the step. */
function nextBatch(world: World, net: Net, count: number, seed: number) {
  const { chance } = world;
  const batch: Batch = rightBatch(net, count, seed);
  const labels = batch.labels as number[];
  batch.labels = chance.pick<unknown>([
    labels,
    labels.map(BigInt),
    Uint8Array.from(labels),
    Uint32Array.from(labels),
  ]);
  const bad = mostly(world) ? undefined : chance.pick(WRONG_BATCHES)(batch, world, net);
  return { ...batch, bad };
}

function keepLosses(
  world: World,
  trainer: Pick<TrainerThing, 'name' | 'lineage'>,
  step: number,
  result: StepLosses,
): void {
  must(result.step === step, `${trainer.name}: the losses are those of step ${result.step}, not ${step}`);
  must(Number.isFinite(result.total), `${trainer.name}: the loss is ${result.total}`);
  const { total, losses } = result;
  world.same(`losses of ${trainer.lineage}, step ${step}`, [total, losses]);
}

/** Before a step: where others changed the weights, or will have meanwhile, nobody knows what its losses are. */
function ownLineage(world: World, trainer: TrainerThing): void {
  if (trainer.version !== trainer.parameters.version)
    trainer.lineage = world.name(`${trainer.name}, changed `);
}

const step: Make = (world) => {
  const trainer = world.some(world.trainers);
  if (!trainer) return undefined;
  const { it, net, parameters, steps } = trainer;
  const { images, labels, inputs, bad } = nextBatch(world, net, it.batch, steps);
  const tooMany = trainer.underWay >= trainer.stepsInFlight;
  const right = usable(trainer) && !bad && !tooMany;
  const count = () => {
    ownLineage(world, trainer);
    trainer.steps++;
  };
  const later = right && world.chance.below(4) === 0;
  const call = () => it.step(images as never, labels as never, inputs as never);
  const text = `${trainer.name}.step(${bad ?? `batch ${steps}`})`;
  if (later) {
    count();
    trainer.underWay++;
    // The weights change at once, as far as all that is read after it is concerned.
    trainer.version = parameters.version + 1;
    const { name, lineage } = trainer;
    return {
      text,
      expect: 'works',
      call,
      changes: [parameters],
      later: { needs: [trainer, parameters], settled: () => trainer.underWay-- },
      done: (result: StepLosses) => keepLosses(world, { name, lineage }, steps, result),
    };
  }
  return {
    text,
    expect: right ? 'works' : 'fails',
    call,
    changes: [parameters],
    async done(result: StepLosses) {
      count();
      keepLosses(world, trainer, steps, result);
      await world.look(text, [parameters]);
      trainer.version = parameters.version;
      must(it.steps === trainer.steps, `${text}: steps are ${it.steps}, not ${trainer.steps}`);
    },
  };
};

const fit: Make = (world) => {
  const trainer = world.some(world.trainers);
  if (!trainer || trainer.underWay > 0) return undefined;
  const { chance } = world;
  const { it, net, parameters } = trainer;
  const steps = chance.below(4);
  const first = trainer.steps;
  const batches = Array.from({ length: 3 }, (_, index) => rightBatch(net, it.batch, first + index));
  const bad = mostly(world) ? undefined : wrongOption(chance, wrong.FIT);
  const stopped = !bad && steps > 0 && chance.below(6) === 0;
  const dies = !bad && !stopped && steps > 1 && chance.below(6) === 0;
  const seen: StepLosses[] = [];
  const onStep = (losses: StepLosses) => {
    seen.push(losses);
    if (dies) destroy(trainer);
  };
  const signal = stopped ? { signal: AbortSignal.abort() } : {};
  ownLineage(world, trainer);
  return {
    text: `${trainer.name}.fit(batches, { steps: ${steps}, ${bad?.text ?? ''} })${stopped ? ', stopped' : ''}${dies ? ', destroyed by onStep' : ''}`,
    expect: stopped
      ? 'stops'
      : bad || (!usable(trainer) && steps > 0)
        ? 'fails'
        : dies || !usable(trainer)
          ? 'either'
          : 'works',
    call: () => it.fit(batches as never, { steps, onStep, ...signal, ...bad?.given }),
    changes: [parameters],
    async done() {
      must(seen.length === steps, `fit told of ${seen.length} steps, not ${steps}`);
      trainer.steps += steps;
      seen.forEach((losses, index) => keepLosses(world, trainer, first + index, losses));
      await world.look('fit', [parameters]);
      if (steps > 0) trainer.version = parameters.version;
    },
  };
};

const checkpoint: Make = (world) => {
  const trainer = world.some(world.trainers);
  if (!trainer) return undefined;
  const { it, net, config, parameters } = trainer;
  const name = world.name('checkpoint');
  const { steps } = trainer;
  const pure = trainer.version === parameters.version;
  const lineage = pure ? trainer.lineage : world.name('changed ');
  if (!pure) trainer.lineage = lineage;
  trainer.version = parameters.version;
  return {
    text: `${name} = ${trainer.name}.checkpoint()`,
    expect: usable(trainer) ? 'works' : 'fails',
    call: () => it.checkpoint(),
    done(saved: Awaited<ReturnType<Trainer['checkpoint']>>) {
      must(saved.step === steps, `${name}: is of step ${saved.step}, not ${steps}`);
      world.checkpoints.push({ name, it: saved, kind: net.kind, config, lineage, steps });
    },
  };
};

const averaged: Make = (world) => {
  const trainer = world.some(world.trainers);
  if (!trainer || full(world.parameters)) return undefined;
  const { it, net, config } = trainer;
  const name = world.name('averaged');
  return {
    text: `${name} = ${trainer.name}.averaged()`,
    expect: usable(trainer) && config.average ? 'works' : 'fails',
    call: () => it.averaged(),
    async done(made: Parameters) {
      await keepParameters(world, name, net, made);
    },
  };
};

const profileStep: Make = (world) => {
  const trainer = world.some(world.trainers);
  if (!trainer || world.chance.below(3) > 0) return undefined;
  const { it, net, parameters, steps, config } = trainer;
  const { images, labels, inputs, bad } = nextBatch(world, net, it.batch, steps);
  const right =
    usable(trainer) && !bad && trainer.underWay < trainer.stepsInFlight && config.microBatches === 1;
  ownLineage(world, trainer);
  return {
    text: `${trainer.name}.profileStep(${bad ?? `batch ${steps}`})`,
    expect: right ? 'works' : 'fails',
    call: () => it.profileStep(images as never, labels as never, inputs as never),
    changes: [parameters],
    async done({ losses }: { losses: StepLosses }) {
      trainer.steps++;
      keepLosses(world, trainer, steps, losses);
      await world.look('profileStep', [parameters]);
      trainer.version = parameters.version;
    },
  };
};

const makeClassifier: Make = (world) => {
  if (full(world.classifiers)) return undefined;
  const { chance, engine } = world;
  const net = newNet(world);
  const parameters = parametersFor(world, net);
  if (!parameters) return undefined;
  const name = world.name('classifier');
  const other = otherNet(world, net);
  const strange = other && chance.below(8) === 0;
  const scores = (strange ? other : net).heads[0].scores;
  const bad = mostly(world) ? undefined : wrongOption(chance, wrong.CLASSIFIER);
  const right = !bad && !strange && fits(net, parameters);
  return {
    text: `${name} = Classifier.create(${net.name}, ${parameters.name}${strange ? `, scores of ${other.name}` : ''}, { ${bad?.text ?? ''} })`,
    expect: right ? 'works' : 'fails',
    call: () =>
      Classifier.create(engine, {
        graph: net.graph,
        images: net.images,
        scores,
        parameters: parameters.it,
        ...bad?.given,
      }),
    done: (it: Classifier) => void world.classifiers.push({ name, it, net, parameters, alive: true }),
  };
};

const classify: Make = (world) => {
  const classifier = world.some(world.classifiers);
  if (!classifier) return undefined;
  const { chance } = world;
  const { it, net, parameters } = classifier;
  const count = 1 + chance.below(4);
  const seed = chance.below(3);
  const batch: Batch = rightBatch(net, count, seed);
  const wrongImages = chance.below(4) === 0;
  let told: string | undefined;
  if (wrongImages) {
    told = (WRONG_BATCHES[chance.below(3)] as (typeof WRONG_BATCHES)[number])(batch, world, net);
    if (
      told !== undefined &&
      net.images.dtype === 'u32' &&
      count * 64 === (batch.images as Uint8Array | undefined)?.length
    )
      told = undefined;
  }
  const bad = mostly(world) ? undefined : wrongOption(chance, wrong.CLASSIFY);
  const right = usable(classifier) && told === undefined && !bad;
  const stopped = right && chance.below(8) === 0;
  const signal = stopped ? { signal: AbortSignal.abort() } : {};
  const key = `${parameters.name} as of ${parameters.version}, ${net.batch}, ${count}, ${seed}`;
  const later = right && !stopped && chance.below(5) === 0;
  return {
    text: `${classifier.name}.run(${told ?? `${count} images, ${seed}`}, { ${bad?.text ?? ''} })${stopped ? ', stopped' : ''}`,
    expect: stopped ? 'stops' : right ? 'works' : 'fails',
    call: () => it.run(batch.images as never, { ...signal, inputs: batch.inputs as never, ...bad?.given }),
    ...(later && { later: { needs: [classifier, parameters] } }),
    done({ probabilities, top }: Awaited<ReturnType<Classifier['run']>>) {
      must(
        probabilities.every((each) => each >= 0 && each <= 1) && top.length === count,
        `${key}: no probabilities`,
      );
      // Another step may come between two of its batches.
      if (!later) world.same(key, [...probabilities]);
    },
  };
};

const makeProgram: Make = (world) => {
  if (full(world.programs)) return undefined;
  const { chance, engine } = world;
  const net = newNet(world);
  const parameters = chance.below(8) === 0 ? undefined : parametersFor(world, net);
  const name = world.name('program');
  const other = otherNet(world, net);
  const strange = other && chance.below(8) === 0;
  const bad = mostly(world) ? undefined : wrongOption(chance, wrong.PROGRAM);
  const right = !bad && !strange && fits(net, parameters);
  const keep = [(strange ? other : net).inner, net.heads[0].scores];
  return {
    text: `${name} = Program.create(${net.name}, ${parameters?.name}${strange ? `, keep of ${other.name}` : ''}, { ${bad?.text ?? ''} })`,
    expect: right ? 'works' : 'fails',
    call: () =>
      Program.create(engine, net.graph, {
        ...(parameters && { parameters: parameters.it }),
        keep,
        ...bad?.given,
      }),
    done: (it: Program) =>
      void world.programs.push({ name, it, net, parameters: parameters!, alive: true, ran: false }),
  };
};

const write: Make = (world) => {
  const program = world.some(world.programs);
  if (!program) return undefined;
  const { it, net } = program;
  const batch: Batch = rightBatch(net, net.batch, world.chance.below(3));
  const told = mostly(world)
    ? undefined
    : (WRONG_BATCHES[world.chance.below(2)] as (typeof WRONG_BATCHES)[number])(batch, world, net);
  const input =
    world.chance.below(8) === 0 ? world.chance.pick(['', 'image', 'labels', 'conv', null, 3]) : 'images';
  // Packed images may also be given as words.
  if (told && net.images.dtype === 'u32' && batch.images instanceof Uint32Array) return undefined;
  return {
    text: `${program.name}.write(${shownValue(input)}, ${told ?? 'images'})`,
    expect: usable(program) && told === undefined && input === 'images' ? 'works' : 'fails',
    call: () => it.write(input as never, batch.images as never),
  };
};

const run: Make = (world) => {
  const program = world.some(world.programs);
  if (!program) return undefined;
  const bad = mostly(world) ? undefined : wrongOption(world.chance, wrong.RUN);
  return {
    text: `${program.name}.run({ ${bad?.text ?? ''} })`,
    expect: usable(program) && !bad ? 'works' : 'fails',
    call: () => program.it.run(bad?.given),
  };
};

const read: Make = (world) => {
  const program = world.some(world.programs);
  if (!program) return undefined;
  const { chance } = world;
  const { it, net, parameters } = program;
  const right = net.heads[0].scores;
  const other = otherNet(world, net);
  const bad: readonly unknown[] = [
    null,
    undefined,
    1,
    '',
    'nonsense',
    {},
    ...(other ? [other.heads[0].scores] : []),
  ];
  const wrongly = !mostly(world);
  const what = wrongly ? chance.pick(bad) : chance.pick([right, right.label, net.inner]);
  const gradient = chance.below(8) === 0 ? chance.pick(['grad', 'value ', 'gradient', null]) : 'value';
  const later = chance.below(4) === 0 && !wrongly && gradient === 'value' && usable(program);
  const shownWhat =
    typeof what === 'object' && what !== null && 'label' in what
      ? `value ${String(what.label)}`
      : shownValue(what);
  return {
    text: `${program.name}.read(${wrongly && shownWhat.startsWith('value') ? `${other?.name} ` : ''}${shownWhat}, ${gradient})`,
    expect: usable(program) && !wrongly && gradient === 'value' ? 'works' : 'fails',
    call: () => it.read(what as never, gradient as never),
    ...(later && { later: { needs: [program, parameters] } }),
  };
};

const makeUpdate: Make = (world) => {
  if (full(world.updates)) return undefined;
  const parameters = world.some(world.parameters);
  if (!parameters) return undefined;
  const { chance } = world;
  const name = world.name('update');
  const bad = mostly(world) ? undefined : wrongOption(chance, wrong.UPDATE);
  return {
    text: `${name} = Update.create(${parameters.name}, { ${bad?.text ?? ''} })`,
    expect: parameters.alive && !bad ? 'works' : 'fails',
    call: () => Update.create(parameters.it, adam(), { ...bad?.given }),
    done: (it: Update) => void world.updates.push({ name, it, net: parameters.net, parameters, alive: true }),
  };
};

const save: Make = (world) => {
  const parameters = world.some(world.parameters);
  if (!parameters || parameters.stale) return undefined;
  const { bits, net, alive, it } = parameters;
  const name = world.name('file');
  return {
    text: `${name} = saveWeights(${parameters.name})`,
    expect: alive ? 'works' : 'fails',
    call: () => saveWeights(it),
    done: (bytes: Uint8Array) => void world.files.push({ name, bytes, kind: net.kind, saved: bits }),
  };
};

const load: Make = (world) => {
  const parameters = world.some(world.parameters);
  const file = world.some(world.files);
  if (!parameters || !file) return undefined;
  const { chance } = world;
  const cut = chance.below(5) === 0 ? 1 + chance.below(file.bytes.length - 1) : undefined;
  const right = parameters.alive && cut === undefined && file.kind === parameters.net.kind;
  return {
    text: `loadWeights(${parameters.name}, ${file.name}${cut === undefined ? '' : ` without its last ${cut} bytes`})`,
    expect: right ? 'works' : 'fails',
    call: () => loadWeights(parameters.it, cut === undefined ? file.bytes : file.bytes.slice(0, -cut)),
    changes: [parameters],
    async done() {
      await world.look('loadWeights', [parameters]);
      must(parameters.bits === file.saved, `loadWeights: not the bits that were saved`);
    },
  };
};

/** Some tensors by hand. */
const loadTensors: Make = (world) => {
  const parameters = world.some(world.parameters);
  if (!parameters) return undefined;
  const { chance } = world;
  const { it, alive } = parameters;
  const all = it.specs.map(({ name, shape }) => {
    const size = shape.reduce((product, each) => product * each, 1);
    return [name, { shape, data: new Float32Array(size).fill(chance.below(100) / 100) }] as const;
  });
  const [[firstName, first]] = all as unknown as [(typeof all)[number]];
  const { text, given, right } = chance.pick<{ text: string; given: unknown; right?: true }>([
    { text: 'all', given: all, right: true },
    { text: 'none', given: [] },
    { text: 'all but one', given: all.slice(1) },
    { text: 'one of another name', given: [...all, ['nobody', first]] },
    { text: 'one of another shape', given: [...all.slice(1), [firstName, { ...first, shape: [1, 1] }]] },
    {
      text: 'one with too few numbers',
      given: [...all.slice(1), [firstName, { ...first, data: first.data.slice(1) }]],
    },
    {
      text: 'one as an array',
      given: [...all.slice(1), [firstName, { ...first, data: [...first.data] }]],
    },
    { text: 'one that is null', given: [...all.slice(1), [firstName, null]] },
    { text: 'one without data', given: [...all.slice(1), [firstName, { shape: first.shape }]] },
  ]);
  return {
    text: `${parameters.name}.load(${text})`,
    expect: alive && right ? 'works' : 'fails',
    call: () => it.load(new Map(given as never)),
    changes: [parameters],
  };
};

const oneOp: Make = (world) => {
  const { chance, engine } = world;
  const bad = chance.below(2) === 0;
  const labels = Uint32Array.from([0, bad ? chance.pick([3, 4, 2 ** 31, 2 ** 32 - 1]) : 2]);
  const x = { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) };
  return {
    text: `runOp(crossEntropy, labels ${labels.join()})`,
    expect: bad ? 'fails' : 'works',
    call: () => runOp(engine, crossEntropy, {}, { inputs: { x, labels: { shape: [2], data: labels } } }),
  };
};

const buffer: Make = (world) => {
  const net = newNet(world);
  return {
    text: `gradientBuffer(${net.name}).destroy()`,
    expect: 'works',
    call: () =>
      gradientBuffer(
        world.engine,
        net.graph,
        [...net.graph.variables.values()].map(({ variable }) => variable),
      ).destroy(),
  };
};

type Doomed = {
  alive: boolean;
  readonly it: { destroy(): void };
  readonly owns?: boolean;
  readonly parameters?: ParametersThing;
};

function destroy(thing: Doomed): void {
  thing.it.destroy();
  thing.alive = false;
  if (thing.owns && thing.parameters) thing.parameters.alive = false;
}

const someThing = (world: World) =>
  world.some([world.trainers, world.classifiers, world.programs, world.updates, world.parameters].flat());

const destroyOne: Make = (world) => {
  const thing = someThing(world);
  if (!thing) return undefined;
  return { text: `${thing.name}.destroy()`, expect: 'works', call: () => destroy(thing) };
};

/** A call, and the end of something, perhaps of what it needs, before the call is answered. */
const destroyMeanwhile: Make = (world) => {
  const trainer = world.some(world.trainers);
  if (!trainer || trainer.underWay > 0) return undefined;
  const { chance } = world;
  const doomed = chance.pick([trainer, trainer.parameters]);
  if (!usable(trainer)) return undefined;
  const { it, net, parameters } = trainer;
  const { images, labels, inputs } = rightBatch(net, it.batch, trainer.steps);
  const file = world.files.find(({ kind }) => kind === net.kind);
  const calls: Readonly<Record<string, () => unknown>> = {
    step: () => it.step(images, labels, inputs),
    fit: () =>
      it.fit(
        [
          { images, labels, inputs },
          { images, labels, inputs },
        ],
        { steps: 2 },
      ),
    checkpoint: () => it.checkpoint(),
    saveWeights: () => saveWeights(parameters.it),
    ...(file && { loadWeights: () => loadWeights(parameters.it, file.bytes) }),
    ...(net.meta === 0 && {
      async Classifier() {
        const classifier = await Classifier.create(world.engine, {
          ...{ graph: net.graph, images: net.images, scores: net.heads[0].scores, parameters: parameters.it },
        });
        try {
          await classifier.run(images);
        } finally {
          classifier.destroy();
        }
      },
    }),
    async Update() {
      (await Update.create(parameters.it, sgd({ momentum: 0.9 }))).destroy();
    },
    async Trainer() {
      const made = await Trainer.create(world.engine, {
        ...{
          graph: net.graph,
          images: net.images,
          heads: net.heads,
          parameters: parameters.it,
          optimizer: sgd(),
        },
      });
      made.destroy();
    },
    ...(trainer.config.average && { averaged: async () => (await it.averaged()).destroy() }),
  };
  const what = chance.pick(Object.keys(calls));
  return {
    text: `${trainer.name}: ${what}, and ${doomed.name}.destroy() meanwhile`,
    expect: 'either',
    call: async () => {
      const under = calls[what]?.();
      // Some turns later, or at once.
      for (let turns = chance.below(4); turns > 0; turns--) await Promise.resolve();
      destroy(doomed);
      await under;
    },
    changes: [parameters],
  };
};

export const MOVES: readonly Make[] = [
  makeParameters,
  makeTrainer,
  makeTrainer,
  step,
  step,
  step,
  step,
  fit,
  checkpoint,
  averaged,
  profileStep,
  makeClassifier,
  classify,
  classify,
  makeProgram,
  write,
  run,
  read,
  read,
  makeUpdate,
  save,
  load,
  loadTensors,
  oneOp,
  buffer,
  destroyOne,
  destroyOne,
  destroyMeanwhile,
];

import type { Engine } from '../gpu/engine';
import { choiceRule } from '../core/choices';
import type { ChoiceStore } from '../runtime/tuning/store';
import { tune as tuneKernels, type Tuned, type Tuning } from '../runtime/tuning/tune';
import type { PageOptions, Ready, TrainingEvent } from './events';

/** Seconds: a GPU needs them once, and then trains for minutes. */
const BUDGET = 30;

/** How the trainer tunes; undefined where nobody wants it. */
export function tuningOf(
  { tune }: PageOptions,
  store: ChoiceStore,
  signal: AbortSignal,
  onEvent: (event: TrainingEvent) => void | Promise<void>,
): Tuning | undefined {
  if (tune === false) return undefined;
  let told = false;
  const onProgress = (): void => {
    if (!told) void onEvent({ kind: 'tuning', budget: BUDGET });
    told = true;
  };
  const own = { budget: BUDGET, store, signal, onProgress, force: tune === true };
  return (engine, graph, options) => tuneKernels(engine, graph, { ...options, ...own });
}

/** How the kernels were chosen, in words. */
export function describeTuning(engine: Engine, tuned: Tuned | undefined): Pick<Ready, 'kernels' | 'notes'> {
  if (!tuned) return { kernels: choiceRule(engine.target), notes: [] };
  const { source, because, notes, seconds } = tuned;
  switch (source) {
    case 'shipped':
      return { kernels: `${choiceRule(engine.target)}; not timed: ${because}`, notes };
    case 'stored':
      return { kernels: `kept choices: ${because}`, notes };
    case 'measured':
      return { kernels: `timed in ${seconds.toFixed(0)} s: ${because}`, notes };
  }
}

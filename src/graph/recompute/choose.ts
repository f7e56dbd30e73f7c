import type { GraphNode, Value } from '../../core/op';
import { bytesOf } from '../../core/dtype';
import { channelsOf, rowsOf } from '../../core/rows';
import type { Plan } from '../plan';
import { multiplyAddsOf } from '../work';
import { computeAgain, type Rewritten } from './again';
import { liveBytes, memoryOf } from './live';

/** How much time reading or writing a byte takes, in multiply-adds: about 10 on GPUs and on software adapters. */
const MULTIPLY_ADDS_PER_BYTE = 10;

/**
 * The sum over all nodes of the bytes that they need, to this power, is what choices make small: near enough to the
 * largest alone, but it falls wherever one of several peaks falls.
 */
const POWER = 16;

/** A choice of what to compute again. */
export interface Choice extends Rewritten {
  /** What was stored in the choice before. */
  readonly dropped: Value;
  /** Bytes that the node needs which needs most: a bound for what a plan takes. */
  readonly peak: number;
}

/**
 * Choices, each of which drops one value more than the one before: always the one that lowers the peaks most for the
 * time that computing it again takes. Ends where no further one lowers them.
 *
 * @param stored what must not be dropped, besides what is kept after a run
 */
export function* choices(plan: Plan, stored: ReadonlySet<Value>): Generator<Choice> {
  const { nodes, forwardNodes } = plan;
  const memory = memoryOf(plan);
  // What the backward part reads of the forward part, as the roots in whose memory it lies.
  const ofForward = new Set(nodes.slice(0, forwardNodes).flatMap(({ outputs }) => Object.values(outputs)));
  const read = nodes.slice(forwardNodes).flatMap(({ inputs }) => Object.values(inputs));
  const border = new Set(read.filter((value) => ofForward.has(value)).map(memory.root));
  const isDroppable = (root: Value): boolean => !stored.has(root) && !memory.kept.has(root);
  const kept = new Set([...border, ...stored, ...memory.kept]);
  const costOf = costs(plan);
  const attempt = (dropped?: Value) => {
    const rewritten = computeAgain(nodes, forwardNodes, (value) => {
      const root = memory.root(value);
      return root !== dropped && kept.has(root);
    });
    const live = liveBytes(rewritten, memory);
    const peak = live.reduce((a, b) => Math.max(a, b), 0);
    const cost = rewritten.again.reduce((sum, node) => sum + costOf(node), 0);
    return { rewritten, peak, live, cost };
  };
  const whole = attempt();
  let { live, cost } = whole;
  const heightOf = (all: Float64Array): number =>
    all.reduce((sum, bytes) => sum + (bytes / whole.peak) ** POWER, 0);

  // What dropping a root gained when it was last tried. Gains only fall as peaks fall, so a root whose last gain is below
  // the best gain of this round need not be tried again.
  const hopes = new Map([...border].filter(isDroppable).map((root) => [root, Infinity]));
  for (;;) {
    const height = heightOf(live);
    let best: (ReturnType<typeof attempt> & { readonly dropped: Value; readonly gain: number }) | undefined;
    for (const [dropped, hope] of [...hopes].sort(([, a], [, b]) => b - a)) {
      if (best && best.gain >= hope) break;
      const attempted = attempt(dropped);
      const gain = (height - heightOf(attempted.live)) / (attempted.cost - cost + 1);
      hopes.set(dropped, gain);
      if (gain > (best?.gain ?? 0)) best = { ...attempted, dropped, gain };
    }
    if (!best) return;
    const { rewritten, dropped, peak } = best;
    kept.delete(dropped);
    hopes.delete(dropped);
    ({ live, cost } = best);
    yield { ...rewritten, dropped, peak };
  }
}

/** Time of a node, in multiply-adds; one that launches nothing takes none. */
function costs({ launches }: Plan): (node: GraphNode) => number {
  const found = new Map<GraphNode, number>();
  for (const { node } of launches) {
    const values = [...Object.values(node.inputs), ...Object.values(node.outputs)];
    const bytes = values.reduce(
      (sum, value) => sum + bytesOf(rowsOf(value) * channelsOf(value), value.dtype),
      0,
    );
    found.set(node, multiplyAddsOf(node) + MULTIPLY_ADDS_PER_BYTE * bytes);
  }
  return (node) => found.get(node) ?? 0;
}

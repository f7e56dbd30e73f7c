// A program of machine code as far as it is counted, whatever GPU it is for. Each file of formats/ reads one compiler's
// text into such lines.
import { EngineError } from '../../src/core/errors';

/** What is counted of an instruction, a block or a whole run. All of one lane. */
export interface Counts {
  readonly fma: number;
  /** Turns of the vector ALU, multiply-adds among them: an instruction for all lanes of a wave takes one. */
  readonly alu: number;
  /** Numbers of 4 bytes that are loaded from buffers, and from workgroup memory. */
  readonly buffer: number;
  readonly shared: number;
}

export const NONE: Counts = { fma: 0, alu: 0, buffer: 0, shared: 0 };

/** sum + times * more. */
export const plus = (sum: Counts, more: Counts, times = 1): Counts => ({
  fma: sum.fma + times * more.fma,
  alu: sum.alu + times * more.alu,
  buffer: sum.buffer + times * more.buffer,
  shared: sum.shared + times * more.shared,
});

/** An instruction, or a label before the next one. */
export type Line = { readonly label: string } | Instruction;

export interface Instruction extends Partial<Counts> {
  /** Labels that it may jump to. */
  readonly to?: readonly string[];
  /** True if the next line does not follow it. */
  readonly ends?: boolean;
}

/** Instructions that run one after the other, and the blocks, by index, that may run next. */
export interface Block {
  readonly counts: Counts;
  readonly next: readonly number[];
}

/** A compiled kernel: what its driver says of it, in the driver's own units, and its code. */
export interface Program {
  readonly blocks: readonly Block[];
  /** Of a wave. */
  readonly lanes: number;
  readonly registers: number;
  /** Instructions that store registers to memory for want of room, and that load them back. */
  readonly spills: number;
  readonly fills: number;
  /** How many of what a core has room for at once, by registers. */
  readonly inFlight: number;
}

/** @throws {EngineError} for a jump to nowhere */
export function blocksOf(lines: readonly Line[]): Block[] {
  const targets = new Set(lines.flatMap((line) => ('label' in line ? [] : (line.to ?? []))));
  const empty = () => ({ counts: NONE, to: [] as readonly string[], ends: false });
  let block = empty();
  const blocks = [block];
  const at = new Map<string, number>();
  let jumped = false;
  for (const line of lines) {
    if (jumped || ('label' in line && targets.has(line.label))) blocks.push((block = empty()));
    jumped = false;
    if ('label' in line) at.set(line.label, blocks.length - 1);
    else {
      block.counts = plus(block.counts, { ...NONE, ...line });
      block.to = line.to ?? [];
      block.ends = line.ends ?? false;
      jumped = block.ends || block.to.length > 0;
    }
  }
  const indexOf = (label: string): number => {
    const index = at.get(label);
    if (index === undefined) throw new EngineError('machine code', 'jumps to nowhere', label);
    return index;
  };
  return blocks.map(({ counts, to, ends }, index) => {
    const follows = ends || index + 1 === blocks.length ? [] : [index + 1];
    return { counts, next: [...to.map(indexOf), ...follows] };
  });
}

/** What the layer of report_pipelines.c prints, and what its driver prints beside it. */
export interface Printed {
  readonly lanes: number;
  /** @throws {EngineError} if the driver has none of that name */
  readonly statistic: (name: string) => number;
  /** Lines of a form of the program. @throws {EngineError} if there is none of that name */
  readonly text: (name: string) => string[];
  readonly all: string;
}

export function readPrinted(all: string): Printed {
  const find = (what: string, pattern: RegExp): string => {
    const [, found] = pattern.exec(all) ?? [];
    if (found === undefined)
      throw new EngineError('the driver', `printed no ${what}`, all.slice(-300).trim());
    return found;
  };
  return {
    all,
    lanes: Number(find('lanes', /^@lanes (\d+)/m)),
    statistic: (name) => Number(find(name, new RegExp(`^@statistic ${name}: (.*)`, 'm'))),
    text: (name) => find(name, new RegExp(`^@text ${name}\n([^]*?)\n@end`, 'm')).split('\n'),
  };
}

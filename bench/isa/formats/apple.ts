// What Honeykrisp prints of its own accord: instructions behind their address and bytes, `  232: baa9... ffma $r10, r17`; of
// the kernel, and of a preamble that runs once, whose addresses begin anew.
import { EngineError } from '../../../src/core/errors';
import { blocksOf, type Line, type Printed, type Program } from '../program';

/** What no ALU does: it is the memory's, or the sequencer's. */
const OTHER =
  /^(?:load|lload|store|lstore|stack|atomic|local_atomic|tex|uniform_store|if|else|pop|jmp|while|wait|barrier|stop|push|trap|break|memory|doorbell|signal)/;

interface Addressed {
  readonly address: number;
  readonly name: string;
  readonly operands: string;
}

/** Each component of a vector has a letter. */
const numbers = (operands: string): number => /, ([xyzw]+)(?:,|$)/.exec(operands)?.[1]?.length ?? 1;

/** Whole numbers are divided by steps of Newton's, which add a constant, or one of the factors. */
function divides(operands: string): boolean {
  const [, ...values] = operands.replace(/\$|\.neg/g, '').split(', ');
  const addend = values.pop() ?? '';
  return !addend.startsWith('r') || values.includes(addend);
}

function instruction({ address, name, operands }: Addressed): Line {
  if (name.startsWith('jmp')) {
    return { to: [String(address + parseInt(operands))], ends: name === 'jmp' };
  }
  if (name === 'load') return { buffer: numbers(operands) };
  if (name === 'lload') return { shared: numbers(operands) };
  if (OTHER.test(name)) return { ends: name === 'stop' };
  return { alu: 1, fma: name === 'ffma' && !divides(operands) ? 1 : 0 };
}

export function readApple({ lanes, statistic, all }: Printed): Program {
  const programs: Addressed[][] = [];
  for (const [, at = '', name = '', operands = ''] of all.matchAll(
    /^ *([0-9a-f]+): [0-9a-f]+ +([a-z]\S*) *(.*)$/gm,
  )) {
    const address = parseInt(at, 16);
    if (address <= (programs.at(-1)?.at(-1)?.address ?? Infinity)) programs.push([]);
    programs.at(-1)?.push({ address, name, operands });
  }
  // Behind those of the driver's own kernels; preambles are shorter.
  const size = statistic('Instructions');
  const kernel = programs.filter(({ length }) => length >= size).at(-1);
  if (!kernel) throw new EngineError('the driver', `printed no program of ${size} instructions`);
  const lines = kernel.flatMap((each) => [{ label: String(each.address) }, instruction(each)]);
  return {
    blocks: blocksOf(lines),
    lanes,
    registers: statistic('GPRs'),
    spills: statistic('Spills'),
    fills: statistic('Fills'),
    inFlight: statistic('Threads'),
  };
}

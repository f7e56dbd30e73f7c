// What NVK prints: blocks `block.u 4 L7 [3, 9] -> {` of lines `r2 = ffma.ftz r3 r11 r2 // delay=1`, up to `} -> [10, 4]`, the
// blocks that may follow.
import { blocksOf, type Instruction, type Line, type Printed, type Program } from '../program';

/** What no ALU does: it is the memory's, or the sequencer's. */
const OTHER =
  /^(?:ld|st|atom|su|tex|red|ccl|bra|bssy|bsync|bclear|exit|nop|bar|membar|warpsync|bmov|break|s2r|cs2r|vote|r2ur|$)/;

function instruction(line: string): Instruction {
  const code = line
    .replace(/\/\/.*/, '')
    .replace(/^\s*@!?u?p\w+/, '')
    .trim();
  const [left = '', right = left] = code.split(/\s+=\s+/);
  const [name = ''] = right.split(/\s/);
  const [, bits = '32'] = /\.b(\d+)\b/.exec(name) ?? [];
  if (name.startsWith('ld.shared')) return { shared: Number(bits) / 32 };
  if (name.startsWith('ld.global')) return { buffer: Number(bits) / 32 };
  // One datapath for all lanes works on what is the same for them, beside the ALU.
  if (OTHER.test(name) || (right !== left && /^up?r?\d/.test(left))) return {};
  return { alu: 1, fma: name.startsWith('ffma') ? 1 : 0 };
}

export function readNvidia({ lanes, statistic, text }: Printed): Program {
  const lines: Line[] = [];
  for (const line of text('NAK assembly')) {
    const [, block] = /^block(?:\.u)? (\d+) /.exec(line) ?? [];
    const [, next] = /^\} -> \[(.*)\]/.exec(line) ?? [];
    if (block !== undefined) lines.push({ label: block });
    else if (next !== undefined) lines.push({ to: next.split(', ').filter(Boolean), ends: true });
    else if (lines.length > 0) lines.push(instruction(line));
  }
  return {
    blocks: blocksOf(lines),
    lanes,
    registers: statistic('Number of GPRs'),
    spills: statistic('Spills to memory'),
    fills: statistic('Fills from memory'),
    inFlight: statistic('Max warps/SM'),
  };
}

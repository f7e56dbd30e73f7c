// What PanVK prints: lines `   FMA.f32 r0, r1, r2, r3` of the program, whose jumps are by numbers of instructions; and, of its
// own accord, statistics in one line.
import { EngineError } from '../../../src/core/errors';
import { blocksOf, type Line, type Printed, type Program } from '../program';

/** What no ALU does: it is the memory's, or the sequencer's. */
const OTHER = /^(?:LOAD|STORE|LD_|ST_|LEA_|ATOM|TEX|BRANCH|JUMP|NOP|BARRIER)/;

function instruction(code: string, at: number): Line {
  const [name = '', ...operands] = code.split(' ');
  const [, offset] = /offset:(-?\d+)/.exec(code) ?? [];
  if (/^(?:BRANCH|JUMP)/.test(name)) {
    return { to: [String(at + 1 + Number(offset))], ends: name.startsWith('JUMP') || operands[0] === '0x0,' };
  }
  const loaded = Number(/^L(?:OAD|D_BUFFER)\.i(\d+)/.exec(name)?.[1] ?? 0) / 32;
  // Whatever is no buffer's has an address: workgroup memory, or what did not fit into registers.
  if (name.startsWith('LOAD')) return code.includes('thread_local') ? {} : { shared: loaded };
  if (OTHER.test(name)) return { buffer: loaded };
  // A product alone is one that adds -0.
  return { alu: 1, fma: name.startsWith('FMA.f32') && operands.at(-1) !== '0x0.neg' ? 1 : 0 };
}

export function readMali({ text, all }: Printed): Program {
  const code = text('Assembly').flatMap((line) => /^\s+([A-Z].*?)\s*$/.exec(line)?.[1] ?? []);
  const lines = code.flatMap((each, at) => [{ label: String(at) }, instruction(each, at)]);
  const [, threads, spills, fills] =
    /SHADER-DB.* (\d) threads, \d+ loops, (\d+):(\d+) spills/.exec(all.slice(all.lastIndexOf('SHADER-DB'))) ??
    [];
  if (fills === undefined) throw new EngineError('the driver', 'printed no statistics');
  return {
    blocks: blocksOf([...lines, { label: String(code.length) }]),
    lanes: 16,
    registers: threads === '2' ? 32 : 64,
    spills: Number(spills),
    fills: Number(fills),
    inFlight: Number(threads),
  };
}

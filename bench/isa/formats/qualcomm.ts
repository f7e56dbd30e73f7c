// What Turnip prints: `l12:` labels, flags such as `(sy)(rpt3)(nop2)` before an instruction's name.
import { blocksOf, type Line, type Printed, type Program } from '../program';

/** What no ALU does: it is the memory's, or the sequencer's. */
const OTHER =
  /^(?:ld|st[glipc]|isam|sam|resinfo|atomic|br|jump|pred|end|bar|fence|getone|shps|shpe|kill|call|ret|nop|alias)/;

/** Numbers that one lane loads: letters say which, or the last operand how many. */
const numbers = (rest: string): number =>
  /\(([xyzw]+)\)/.exec(rest)?.[1]?.length ?? Number(/,\s*(\d+)\s*$/.exec(rest)?.[1] ?? 1);

function instruction(line: string): Line | undefined {
  const [, flags = '', name = '', rest = ''] =
    /^((?:\([a-z0-9:,.=]*\)\s*)*)([a-z][\w.]*)(.*)/i.exec(line) ?? [];
  if (!/^[a-z]/.test(name)) return undefined;
  const [, target] = /#l(\d+)/.exec(rest) ?? [];
  if (target !== undefined) return { to: [`l${target}`], ends: name === 'jump' };
  if (name.startsWith('ldl.')) return { shared: numbers(rest) };
  if (/^(?:ldib|ldg|isam)\./.test(name)) return { buffer: numbers(rest) };
  if (OTHER.test(name)) return { ends: name === 'end' };
  // Repeated for the next registers, each in a turn of its own.
  const turns = Number(/\(rpt(\d)\)/.exec(flags)?.[1] ?? 0) + 1;
  return { alu: turns, fma: name === 'mad.f32' ? turns : 0 };
}

export function readQualcomm({ lanes, statistic, text }: Printed): Program {
  const lines: Line[] = [];
  for (const raw of text('IR3 Assembly')) {
    const line = raw.replace(/;.*$/, '').trim();
    const [, label] = /^(l\d+):/.exec(line) ?? [];
    const found = label === undefined ? instruction(line) : { label };
    if (found) lines.push(found);
  }
  return {
    blocks: blocksOf(lines),
    lanes,
    registers: statistic('Registers used'),
    spills: statistic('STP Count'),
    fills: statistic('LDP Count'),
    inFlight: statistic('Max Waves Per Core'),
  };
}

// What RADV prints: blocks `BB7:`, then lines of a tab and an instruction, which may end in `; comment`. Of equal
// instructions only the first is printed, then `(then repeated 6 times)`.
import { blocksOf, type Line, type Printed, type Program } from '../program';

const FMA = /^v_(?:dual_)?(?:fma|fmac|mac|mad|fmaak|fmamk|madak|madmk)_(?:f32|f16|legacy_f32)/;
/** Two products in one instruction: packed halves, dot products of pairs. */
const DOUBLE_FMA = /^v_(?:pk_fma|pk_fmac|dot2)/;

/** Numbers that one lane loads: `ds_read_b128`, `buffer_load_dwordx4`, `buffer_load_b64`, `ds_load_2addr_b32`. */
function numbers(name: string): number {
  const [, bits] = /_[biu](\d+)(?:_|$)/.exec(name) ?? [];
  const [, dwords] = /dword(?:x(\d))?$/.exec(name) ?? [];
  const each = bits ? Number(bits) / 32 : Number(dwords ?? 1);
  return each * (/^ds_(?:read|load)(?:2|_2addr)/.test(name) ? 2 : 1);
}

/** Counts one instruction. RDNA3's with two halves, joined by `::`, takes one turn and may be two multiply-adds. */
function instruction(code: string): Line {
  const [name = '', target = ''] = code.split(/\s+/);
  if (name.startsWith('v_')) {
    const halves = code.split('::').map((half) => half.trim());
    const fma = halves.reduce((sum, half) => sum + (FMA.test(half) ? 1 : DOUBLE_FMA.test(half) ? 2 : 0), 0);
    return { alu: 1, fma };
  }
  if (/^ds_(?:read|load)/.test(name)) return { shared: numbers(name) };
  if (/^(?:buffer|global|flat)_load/.test(name)) return { buffer: numbers(name) };
  if (/^s_c?branch/.test(name)) return { to: [target], ends: name === 's_branch' };
  return { ends: name === 's_endpgm' };
}

export function readAmd({ lanes, statistic, text }: Printed): Program {
  const lines: Line[] = [];
  let fills = 0;
  for (const line of text('Assembly')) {
    const [, label] = /^(BB\d+):/.exec(line) ?? [];
    const [, repeats] = /^\s+\(then repeated (\d+) times\)/.exec(line) ?? [];
    const last = lines.at(-1);
    if (label !== undefined) lines.push({ label });
    else if (repeats !== undefined && last) lines.push(...new Array<Line>(Number(repeats)).fill(last));
    else if (/^\s+[a-z]/.test(line)) lines.push(instruction(line.replace(/;.*$/, '').trim()));
    if (/^\s+scratch_load/.test(line)) fills++;
  }
  return {
    blocks: blocksOf(lines),
    lanes,
    registers: statistic('VGPRs'),
    spills: statistic('Spilled VGPRs') + statistic('Spilled SGPRs'),
    fills,
    // As RADV counts them, in waves of 32 lanes: one of 64 counts twice.
    inFlight: statistic('Subgroups per SIMD'),
  };
}

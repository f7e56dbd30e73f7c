// Reading machine code: what is counted, which blocks are loops, how often they run. Needs no driver.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { execute, nest } from '../../bench/isa/execution';
import { FAMILIES } from '../../bench/isa/families';
import { findLoops } from '../../bench/isa/loops';
import { blocksOf, readPrinted, type Line, type Program } from '../../bench/isa/program';

const fixture = (file: string): string =>
  readFileSync(new URL(`../fixtures/isa/${file}.txt`, import.meta.url), 'utf8');

const read = (family: string, text: string): Program => {
  const found = FAMILIES.find(({ name }) => name === family);
  if (!found) throw new Error(`no family ${family}`);
  return found.read(readPrinted(text));
};

/** What a line, put into a program of a family, adds to its counts. */
function count(family: string, file: string, line: string, before: RegExp): Record<string, number> {
  const run = (text: string) => execute(read(family, text).blocks, nest(1, 1));
  const text = fixture(file);
  const [old, found] = [run(text), run(text.replace(before, (place) => `${line}\n${place}`))];
  const names = ['fma', 'alu', 'buffer', 'shared'] as const;
  return Object.fromEntries(
    names.map((name): [string, number] => [name, found[name] - old[name]]).filter(([, added]) => added !== 0),
  );
}

describe('an instruction of AMD', () => {
  it.each([
    ['v_fmac_f32_e32 v1, v7, v11', { alu: 1, fma: 1 }],
    ['v_fma_f32 v1, v7, s4, v11', { alu: 1, fma: 1 }],
    ['v_fmaak_f32 v1, v7, v2, 0x3f000000', { alu: 1, fma: 1 }],
    ['v_mul_f32_e32 v1, v7, v11', { alu: 1 }],
    ['v_mad_u32_u24 v1, v7, 4, v11', { alu: 1 }],
    ['v_pk_fma_f16 v1, v7, v11, v1', { alu: 1, fma: 2 }],
    ['v_dual_fmac_f32 v1, v7, v11 :: v_dual_fmac_f32 v2, v8, v12', { alu: 1, fma: 2 }],
    ['v_dual_mov_b32 v1, v7 :: v_dual_fmac_f32 v2, v8, v12', { alu: 1, fma: 1 }],
    ['v_dual_mul_f32 v1, v7, v3 :: v_dual_add_f32 v2, v8, v12', { alu: 1 }],
    ['ds_read_b128 v[8:11], v8', { shared: 4 }],
    ['ds_read2_b64 v[8:11], v8 offset1:1', { shared: 4 }],
    ['ds_load_2addr_stride64_b32 v[8:9], v8 offset1:1', { shared: 2 }],
    ['ds_write_b128 v1, v[4:7]', {}],
    ['buffer_load_dwordx4 v[4:7], v3, s[8:11], 0 offen', { buffer: 4 }],
    ['buffer_load_dword v4, v3, s[8:11], 0 offen', { buffer: 1 }],
    ['buffer_load_b128 v[4:7], v3, s[8:11], 0 offen', { buffer: 4 }],
    ['buffer_store_b32 v1, v2, s[0:3], 0 offen', {}],
    ['s_add_u32 s7, s7, 1', {}],
    ['s_nop 0\n\t(then repeated 6 times)', {}],
    ['v_nop\n\t(then repeated 6 times)', { alu: 7 }],
  ])('%s', (code, expected) => {
    expect(count('RDNA2', 'navi21', `\t${code}`, /\ts_endpgm/)).toEqual(expected);
  });
});

describe.each([
  [
    'Xe-LP',
    'intel',
    /^endif\(16\) .*LABEL1/m,
    [
      [
        'mad(16)         g79<1>F         g51<8,8,1>F     g29<8,8,1>F     g39<1,1,1>F { align1 1H };',
        { alu: 1, fma: 1 },
      ],
      [
        'mad(8)          g79<1>F         g51<8,8,1>F     g29<8,8,1>F     g39<1,1,1>F { align1 1Q };',
        { alu: 0.5, fma: 0.5 },
      ],
      [
        'mad(16)         g79<1>D         g51<8,8,1>D     g29<8,8,1>W     g39<1,1,1>W { align1 1H };',
        { alu: 1 },
      ],
      ['(+f0.0) sel(16) g80<1>UD        g1<0,1,0>UD     g2<0,1,0>UD     { align1 1H };', { alu: 1 }],
      ['mov(1)          f0<1>UD         mask0<0,1,0>UD                  { align1 WE_all 1N };', { alu: 0.5 }],
      ['sync nop(1)                     null<0,1,0>UB                   { align1 WE_all 1N };', {}],
      [
        'send(8) g19UD g76UD nullUD 0x0 0x0\n    hdc0 MsgDesc: (DC OWORD block read, bti 253, owords = 4, aligned = 0)  mlen 1 ex_mlen 0 rlen 2 {};',
        {},
      ],
      [
        'send(16) g79UD g26UD nullUD 0x0 0x0\n    hdc1 MsgDesc: (untyped surface read, Surface = 3, SIMD16, Mask = 0x0)  mlen 2 ex_mlen 0 rlen 8 {};',
        { buffer: 4 },
      ],
    ],
  ],
  [
    'Ampere',
    'nvidia',
    /^} -> \[]$/m,
    [
      ['@!p0  r2       = ffma.ftz r3 r11 r2                       // delay=1', { alu: 1, fma: 1 }],
      ['      r1 p0    = iadd3 r1 c[0x1][0x10] rZ                 // delay=1', { alu: 1 }],
      ['      up0      = isetp.ge.u32 ur8 ur3                     // delay=9', {}],
      ['      r4       = ld.global.a64.constant.b64 [r4..6], p0   // delay=2', { buffer: 2 }],
      ['      r4..8    = ld.local.b128 [rZ+0x10]                  // delay=2', {}],
    ],
  ],
  [
    'Adreno 750',
    'qualcomm',
    /^end$/m,
    [
      ['(sy)(rpt3)mad.f32 r1.x, (r)r2.x, r3.x, (r)r1.x', { alu: 4, fma: 4 }],
      ['(nop3) shl.b r1.w, r0.x, 4', { alu: 1 }],
      ['(rpt5)nop', {}],
      ['(ss)stp.u32 p[c0.x+4], r1.x, 1', {}],
      ['ldl.u32 r5.y, l[r5.x], 2', { shared: 2 }],
      ['isam.v.base0 (u32)(xyzw)r4.x, r3.w, s#0, t#1', { buffer: 4 }],
    ],
  ],
  [
    'M1',
    'apple',
    / 3a4: 8800 +stop/,
    [
      [' 3a0: 00       ffma     $r10, r17, r15, r10', { alu: 1, fma: 1 }],
      [' 3a0: 00       ffma     $r16, r16.neg, $r17, 1.0', { alu: 1 }],
      [' 3a0: 00       ffma     $r16, r16, $r17, $r17', { alu: 1 }],
      [' 3a0: 00       imadd    $r11, r4.sx, u5.sx, $r7.sx', { alu: 1 }],
      [' 3a0: 00       load     r12_r13, dr10, r8, lsl 1, i32, xy, a', { buffer: 2 }],
      [' 3a0: 00       lload    r12_r13_r14_r15, r12l, 0, i32, xyzw', { shared: 4 }],
      [' 3a0: 00       wait     a', {}],
    ],
  ],
  [
    'Mali G610',
    'mali',
    /^ {3}NOP.end $/m,
    [
      ['   FMA.f32 r5, ^r15, ^r51, ^r5', { alu: 1, fma: 1 }],
      ['   FMA.f32 r5, ^r5, r6, 0x0.neg', { alu: 1 }],
      ['   FADD.f32 r5, ^r15, ^r51', { alu: 1 }],
      ['   LOAD.i32.unsigned.slot2.wait2 @r13, thread_local_pointer.w0, offset:16', {}],
      ['   LD_BUFFER.i128.unsigned.slot0 @r12:r13:r14:r15, ^r7, ^r9', { buffer: 4 }],
      ['   LOAD.i64.unsigned.slot1.wait1 @r48:r49, ^r48, offset:0', { shared: 2 }],
    ],
  ],
] as [string, string, RegExp, [string, object][]][])(
  'an instruction of %s',
  (family, file, before, cases) => {
    it.each(cases)('%s', (line, expected) => expect(count(family, file, line, before)).toEqual(expected));
  },
);

/** One of 16 bytes for each buffer and turn. */
const VECTOR_EACH = { buffer: 4 * (4 + 16 * 4), shared: 4 * 16 * 4 };

// Turns of the ALU outside of both loops, in the outer one, in the inner one, by eye.
describe.each([
  ['RDNA2', 'navi21', [9, 3, 6], VECTOR_EACH, { lanes: 64, registers: 16, inFlight: 32 }],
  ['RDNA3', 'navi31', [11, 3, 6], VECTOR_EACH, { lanes: 64, registers: 12, inFlight: 32 }],
  // What is the same for all lanes of a wave, such as the sizes, is loaded once for them: 8 numbers for 16 lanes.
  [
    'Xe-LP',
    'intel',
    [21.5, 23, 23],
    { buffer: 0.5 + VECTOR_EACH.buffer, shared: VECTOR_EACH.shared / 8 },
    { lanes: 16, registers: 37, inFlight: 7 },
  ],
  ['Ampere', 'nvidia', [18, 24, 30], VECTOR_EACH, { lanes: 32, registers: 24, inFlight: 48 }],
  ['Adreno 750', 'qualcomm', [15, 14, 35], VECTOR_EACH, { lanes: 64, registers: 7, inFlight: 16 }],
  ['M1', 'apple', [18, 40, 40], VECTOR_EACH, { lanes: 32, registers: 43, inFlight: 1024 }],
  // Sizes are loaded again in each turn: one of 3 numbers before, then those of both buffers.
  [
    'Mali G610',
    'mali',
    [24, 24, 29],
    { buffer: 2 + 4 * (3 + 1 + 4 + 16 * (1 + 4)), shared: VECTOR_EACH.shared },
    { lanes: 16, registers: 32, inFlight: 2 },
  ],
])('the driver prints for %s', (family, file, [outside = 0, outer = 0, inner = 0], loads, resources) => {
  const text = fixture(file);
  const program = read(family, text);

  it('resources', () => expect(program).toMatchObject({ ...resources, spills: 0, fills: 0 }));

  it('two loops, one in the other', () => {
    const loops = findLoops(program.blocks);
    expect(loops.map((loop) => loop.inner.map((within) => within.inner))).toEqual([[[]]]);
  });

  it('a wave that runs them as often as told', () => {
    const counts = execute(program.blocks, nest(4, 16), 4 * 16 * 4);
    expect(counts).toEqual({ fma: 4 * 16 * 4, alu: outside + 4 * (outer + 16 * inner), ...loads });
  });

  it('loops that can be told from such as the compiler unrolled', () => {
    const counts = execute(program.blocks, nest(4, 16), 256);
    expect(execute(program.blocks, nest(4, 1, 16), 256)).toEqual(counts);
    expect(execute(program.blocks, nest(2, 4, 16), 256)).toEqual(counts);
    expect(execute(program.blocks, nest(4, 16, 8), 256)).toEqual(counts);
  });

  it('no other number of multiply-adds, no loop that was not declared', () => {
    expect(() => execute(program.blocks, nest(4, 16), 255)).toThrow(
      'must come to 255 multiply-adds per lane; got 256',
    );
    expect(() => execute(program.blocks, nest(64))).toThrow(
      'has loops that were not declared; got a loop (a loop)',
    );
  });
});

it.each([
  ['RDNA2', 'navi21', /VALU: (\d+)/, 0],
  ['RDNA3', 'navi31', /VALU: (\d+)/, 0],
  // The driver counts by categories, two that set an address in another.
  [
    'Adreno 750',
    'qualcomm',
    /cat1 instructions: (\d+)[^]*cat2 instructions: (\d+)\n.*cat3 instructions: (\d+)/,
    2,
  ],
] as [string, string, RegExp, number][])(
  '%s: as many turns of the ALU as the driver counts',
  (family, file, pattern, more) => {
    const text = fixture(file);
    const [, ...counted] = pattern.exec(text) ?? [];
    const sum = counted.reduce((total, each) => total + Number(each), more);
    expect(read(family, text).blocks.reduce((total, { counts }) => total + counts.alu, 0)).toBe(sum);
  },
);

describe('spills', () => {
  it.each([
    ['RDNA2', 'navi21', 'Spilled VGPRs: 0', 'Spilled VGPRs: 3', { spills: 3 }],
    ['Xe-LP', 'intel', 'Spills: 0', 'Spills: 84', { spills: 84, fills: 0 }],
    ['Xe-LP', 'intel', 'Fills: 0', 'Fills: 162', { spills: 0, fills: 162 }],
    ['Ampere', 'nvidia', 'Spills to memory: 0', 'Spills to memory: 5', { spills: 5 }],
    ['Adreno 750', 'qualcomm', 'STP Count: 0', 'STP Count: 12', { spills: 12 }],
    ['M1', 'apple', 'Spills: 0', 'Spills: 7', { spills: 7 }],
    ['Mali G610', 'mali', '0:0 spills:fills', '21:34 spills:fills', { spills: 21, fills: 34 }],
  ])('%s: what the driver says (%s)', (family, file, old, given, expected) => {
    expect(read(family, fixture(file).replace(old, given))).toMatchObject(expected);
  });
});

describe('what the driver printed', () => {
  it.each(['error: no such chip', '@lanes 64\n@statistic VGPRs: 4\n'])('is missed: %j', (text) => {
    expect(() => read('RDNA2', text)).toThrow(/^the driver: printed no /);
  });

  it('jumps to nowhere', () => {
    expect(() => blocksOf([{ to: ['BB9'] }])).toThrow('machine code: jumps to nowhere; got BB9');
  });
});

describe('execution', () => {
  const fma = { fma: 1, alu: 1 };
  const move = { alu: 1 };
  const run = (lines: readonly Line[], loops: ReturnType<typeof nest>, expected?: number) =>
    execute(blocksOf(lines), loops, expected);

  it('a loop that tests at its end runs all its blocks', () => {
    const code = [move, { label: 'a' }, move, fma, { to: ['a'] }, {}];
    expect(run(code, nest(5))).toMatchObject({ alu: 1 + 5 * 2, fma: 5 });
  });

  it('a loop that tests at its top, and one that is entered in the middle', () => {
    const body = [fma, { to: ['a'], ends: true }, { label: 'b' }, {}];
    expect(run([move, { label: 'a' }, move, { to: ['b'] }, ...body], nest(5))).toMatchObject({
      alu: 11,
      fma: 5,
    });
    const entered = [
      move,
      { to: ['a'], ends: true },
      { label: 'c' },
      move,
      { label: 'a' },
      fma,
      { to: ['c'] },
      move,
    ];
    expect(run(entered, nest(5))).toMatchObject({ alu: 2 + 5 * 2, fma: 5 });
  });

  it('a way out of a loop that lies in it is none of its turns', () => {
    const code = [
      { label: 'a' },
      fma,
      { to: ['b'] },
      ...[move, { to: ['c'], ends: true }],
      { label: 'b' },
      { to: ['a'] },
      { label: 'c' },
      {},
    ];
    expect(run(code, nest(5))).toMatchObject({ alu: 5 + 1, fma: 5 });
  });

  it('loops that follow each other', () => {
    const loop = (label: string, body: readonly Line[]): Line[] => [{ label }, ...body, { to: [label] }];
    const code = [...loop('a', [move]), ...loop('b', [fma, fma]), {}];
    expect(run(code, [...nest(3), ...nest(7)], 14)).toMatchObject({ alu: 3 + 14, fma: 14 });
  });

  it('both sides of a branch count', () => {
    const code = [{ to: ['a'] }, move, { to: ['b'], ends: true }, { label: 'a' }, fma, { label: 'b' }, {}];
    expect(run(code, [])).toMatchObject({ alu: 2, fma: 1 });
  });

  it('an unrolled loop leaves the number of multiply-adds to tell which', () => {
    const code = [{ label: 'a' }, fma, fma, fma, move, { to: ['a'] }, {}];
    expect(run(code, nest(3, 16), 48)).toMatchObject({ alu: 64 });
    expect(run(code, nest(16, 3), 48)).toMatchObject({ alu: 64 });
    expect(() => run(code, nest(3, 16), 144)).toThrow('must come to 144');
  });
});

// Reading machine code: what is counted, which blocks are loops, how often they run. Needs no driver.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAssembly, parseBlocks } from '../../bench/isa/assembly';
import { execute, nest } from '../../bench/isa/execution';
import { NONE, count, countAll } from '../../bench/isa/instructions';
import { findLoops, type Loop } from '../../bench/isa/loops';

const fixture = (chip: string): string =>
  readFileSync(new URL(`../fixtures/isa/${chip}.txt`, import.meta.url), 'utf8');

describe('an instruction', () => {
  it.each([
    ['v_fmac_f32_e32 v1, v7, v11', { valu: 1, fma: 1 }],
    ['v_fma_f32 v1, v7, s4, v11', { valu: 1, fma: 1 }],
    ['v_fmaak_f32 v1, v7, v2, 0x3f000000', { valu: 1, fma: 1 }],
    ['v_mul_f32_e32 v1, v7, v11', { valu: 1 }],
    ['v_mad_u32_u24 v1, v7, 4, v11', { valu: 1 }],
    ['v_pk_fma_f16 v1, v7, v11, v1', { valu: 1, fma: 2 }],
    ['v_dual_fmac_f32 v1, v7, v11 :: v_dual_fmac_f32 v2, v8, v12', { valu: 1, fma: 2 }],
    ['v_dual_mov_b32 v1, v7 :: v_dual_fmac_f32 v2, v8, v12', { valu: 1, fma: 1 }],
    ['v_dual_mul_f32 v1, v7, v3 :: v_dual_add_f32 v2, v8, v12', { valu: 1 }],
    ['ds_read_b128 v[8:11], v8', { lds: 1, ldsLoadBytes: 16 }],
    ['ds_read2_b64 v[8:11], v8 offset1:1', { lds: 1, ldsLoadBytes: 16 }],
    ['ds_load_2addr_stride64_b32 v[8:9], v8 offset1:1', { lds: 1, ldsLoadBytes: 8 }],
    ['ds_load_b64 v[8:9], v8', { lds: 1, ldsLoadBytes: 8 }],
    ['ds_write_b128 v1, v[4:7]', { lds: 1 }],
    ['buffer_load_dwordx4 v[4:7], v3, s[8:11], 0 offen', { vmem: 1, vmemLoadBytes: 16 }],
    ['buffer_load_dword v4, v3, s[8:11], 0 offen', { vmem: 1, vmemLoadBytes: 4 }],
    ['buffer_load_b128 v[4:7], v3, s[8:11], 0 offen', { vmem: 1, vmemLoadBytes: 16 }],
    ['buffer_store_b32 v1, v2, s[0:3], 0 offen', { vmem: 1 }],
    ['s_buffer_load_dwordx4 s[4:7], s[4:7], null', { smem: 1 }],
    ['s_barrier', { barriers: 1 }],
    ['s_add_u32 s7, s7, 1', { salu: 1 }],
    ['s_waitcnt lgkmcnt(0)', {}],
    ['s_delay_alu instid0(VALU_DEP_1)', {}],
    ['s_endpgm', {}],
  ])('%s', (code, expected) => expect(count(code)).toEqual({ ...NONE, ...expected }));
});

describe.each([
  // Vector instructions outside of both loops, in the outer one, in the inner one, and registers, by eye.
  ['navi21', { outside: 9, vgprs: 16, vmemLoad: 'buffer_load_dwordx4' }],
  ['navi31', { outside: 11, vgprs: 12, vmemLoad: 'buffer_load_b128' }],
])('the driver prints for %s', (chip, { outside, vgprs, vmemLoad }) => {
  const text = fixture(chip);
  const assembly = parseAssembly(text);

  it('resources', () => {
    expect(assembly).toMatchObject({
      lanes: 64,
      vgprs,
      sgprs: 128,
      spilled: 0,
      scratchBytes: 0,
      ldsBytes: 1024,
      wavesPerSimd: 32,
    });
    const spilling = text
      .replace('Spilled VGPRs: 0', 'Spilled VGPRs: 3')
      .replace('Spilled SGPRs: 0', 'Spilled SGPRs: 2')
      .replace('Scratch size: 0', 'Scratch size: 256');
    expect(parseAssembly(spilling)).toMatchObject({ spilled: 5, scratchBytes: 256 });
  });

  it('as many vector instructions as its own statistics count', () => {
    const all = countAll(assembly.blocks.flatMap(({ code }) => code));
    const statistic = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1]);
    expect(all.valu).toBe(statistic('VALU'));
    expect(all.vmem).toBe(statistic('VMEM'));
    expect(all.smem).toBe(statistic('SMEM'));
    expect(
      assembly.blocks.flatMap(({ code }) => code).filter((code) => code.startsWith(vmemLoad)),
    ).toHaveLength(2);
  });

  it('two loops, one in the other', () => {
    const named = (loops: readonly Loop[]): unknown[] =>
      loops.map(({ header, inner }) => [assembly.blocks[header]?.name, named(inner)]);
    expect(named(findLoops(assembly.blocks))).toEqual([['BB1', [['BB5', []]]]]);
  });

  it('a wave that runs them as often as told', () => {
    const counts = execute(assembly, nest(4, 16), 4 * 16 * 4);
    expect(counts).toMatchObject({
      fma: 4 * 16 * 4,
      valu: outside + 4 * (3 + 16 * 6),
      lds: 1 + 4 * (1 + 16),
      ldsLoadBytes: 4 * 16 * 16,
      vmem: 1 + 4 * (1 + 16),
      vmemLoadBytes: 4 * (16 + 16 * 16),
    });
  });

  it('loops that can be told from such as the compiler unrolled', () => {
    const counts = execute(assembly, nest(4, 16), 256);
    expect(execute(assembly, nest(4, 1, 16), 256)).toEqual(counts);
    expect(execute(assembly, nest(2, 4, 16), 256)).toEqual(counts);
    expect(execute(assembly, nest(4, 16, 8), 256)).toEqual(counts);
  });

  it('no other number of multiply-adds', () => {
    expect(() => execute(assembly, nest(4, 16), 255)).toThrow(
      'must come to 255 multiply-adds per lane; got 256',
    );
    expect(() => execute(assembly, nest(4, 1, 16), 255)).toThrow(/got 16 or 256 or 64|got 16 or 64 or 256/);
  });

  it('no loop that was not declared', () => {
    expect(() => execute(assembly, nest(64))).toThrow('has loops that were not declared; got BB1(BB5)');
  });
});

describe('blocks', () => {
  it('repeat an instruction as often as the text says', () => {
    const [block] = parseBlocks('BB0:\n\tv_nop   ; 7e000000\n\t(then repeated 2 times)\n\ts_endpgm\n');
    expect(block?.code).toEqual(['v_nop', 'v_nop', 'v_nop', 's_endpgm']);
  });

  it('of 32 lanes keep their masks in half a register', () => {
    const narrow = fixture('navi21').replace('v_cmpx_gt_u32_e32 s4, v2', 'v_cmp_gt_u32_e32 vcc_lo, s4, v2');
    expect(parseAssembly(narrow).lanes).toBe(32);
  });

  it('are missed where the driver printed none', () => {
    expect(() => parseAssembly('error: no such chip')).toThrow(
      'driver: printed no machine code; got error: no such',
    );
  });

  it('must be there to be branched to', () => {
    expect(() => findLoops([{ name: 'BB0', code: ['s_branch BB9'] }])).toThrow(
      'BB0 branches to nowhere; got BB9',
    );
  });
});

describe('execution', () => {
  const program = (lines: readonly string[]) => ({
    ...parseAssembly(fixture('navi21')),
    blocks: parseBlocks(lines.join('\n')),
  });
  const fma = '\tv_fmac_f32_e32 v1, v2, v3';
  const move = '\tv_mov_b32_e32 v1, v2';

  it('a loop that tests at its end runs all its blocks equally often', () => {
    const code = ['BB0:', move, 'BB1:', move, fma, '\ts_cbranch_scc0 BB1', 'BB2:', '\ts_endpgm'];
    expect(execute(program(code), nest(5))).toMatchObject({ valu: 1 + 5 * 2, fma: 5 });
  });

  it('a loop that tests at its top tests once more than it runs', () => {
    const code = [
      'BB0:',
      move,
      'BB1:',
      move,
      '\ts_cbranch_scc1 BB3',
      'BB2:',
      fma,
      '\ts_branch BB1',
      'BB3:',
      '\ts_endpgm',
    ];
    expect(execute(program(code), nest(5))).toMatchObject({ valu: 1 + 6 + 5, fma: 5 });
  });

  it('a body before an exit in the middle is no test', () => {
    const code = [
      'BB0:',
      'BB1:',
      fma,
      '\ts_cbranch_scc1 BB3',
      'BB2:',
      move,
      '\ts_branch BB1',
      'BB3:',
      '\ts_endpgm',
    ];
    expect(execute(program(code), nest(5))).toMatchObject({ valu: 10, fma: 5 });
  });

  it('loops that follow each other', () => {
    const loop = (name: string, body: string[]) => [`${name}:`, ...body, `\ts_cbranch_scc0 ${name}`];
    const code = ['BB0:', ...loop('BB1', [move]), ...loop('BB2', [fma, fma]), 'BB3:', '\ts_endpgm'];
    const declared = [...nest(3), ...nest(7)];
    expect(execute(program(code), declared, 14)).toMatchObject({ valu: 3 + 14, fma: 14 });
  });

  it('both sides of a branch count', () => {
    const code = [
      'BB0:',
      '\ts_cbranch_execz BB2',
      'BB1:',
      move,
      '\ts_branch BB3',
      'BB2:',
      fma,
      'BB3:',
      '\ts_endpgm',
    ];
    expect(execute(program(code), [])).toMatchObject({ valu: 2, fma: 1 });
  });

  it('an unrolled loop leaves the number of multiply-adds to tell which', () => {
    const code = ['BB0:', 'BB1:', fma, fma, fma, move, '\ts_cbranch_scc0 BB1', 'BB2:', '\ts_endpgm'];
    expect(execute(program(code), nest(3, 16), 48)).toMatchObject({ valu: 64 });
    expect(execute(program(code), nest(16, 3), 48)).toMatchObject({ valu: 64 });
    expect(() => execute(program(code), nest(3, 16), 144)).toThrow('must come to 144');
  });
});

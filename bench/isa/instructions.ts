// What an AMD instruction does, from its name (RDNA2 and RDNA3).

/** Instructions of one wave; bytes are those that one lane moves. */
export interface Counts {
  /** Multiply-adds of one lane. */
  readonly fma: number;
  /** Vector-ALU issue slots. */
  readonly valu: number;
  readonly salu: number;
  /** Workgroup memory. */
  readonly lds: number;
  readonly ldsLoadBytes: number;
  /** Buffers. */
  readonly vmem: number;
  readonly vmemLoadBytes: number;
  readonly smem: number;
  readonly barriers: number;
}

const NAMES = [
  'fma',
  'valu',
  'salu',
  'lds',
  'ldsLoadBytes',
  'vmem',
  'vmemLoadBytes',
  'smem',
  'barriers',
] as const satisfies readonly (keyof Counts)[];

export const NONE: Counts = {
  fma: 0,
  valu: 0,
  salu: 0,
  lds: 0,
  ldsLoadBytes: 0,
  vmem: 0,
  vmemLoadBytes: 0,
  smem: 0,
  barriers: 0,
};

/** sum + times * more. */
export const plus = (sum: Counts, more: Counts, times = 1): Counts =>
  Object.fromEntries(NAMES.map((name) => [name, sum[name] + times * more[name]])) as unknown as Counts;

const FMA = /^v_(?:dual_)?(?:fma|fmac|mac|mad|fmaak|fmamk|madak|madmk)_(?:f32|f16|legacy_f32)/;
/** Two products in one instruction: packed halves, dot products of pairs. */
const DOUBLE_FMA = /^v_(?:pk_fma|pk_fmac|dot2)/;
/** Instructions to the scheduler, which take no slot of the scalar ALU. */
const SCHEDULING =
  /^s_(?:waitcnt|nop|clause|inst_prefetch|set_inst_prefetch|delay_alu|sleep|setprio|code_end|endpgm|sendmsg|wait_)/;

/** Products and sums of one instruction text; the two halves of RDNA3's dual issue are joined by `::`. */
function multiplyAdds(code: string): number {
  return code
    .split('::')
    .map((half) => half.trim())
    .reduce((sum, half) => sum + (FMA.test(half) ? 1 : 0) + (DOUBLE_FMA.test(half) ? 2 : 0), 0);
}

/** Bytes that one lane moves: `ds_read_b128`, `buffer_load_dwordx4`, `buffer_load_b64`, `ds_load_2addr_b32`. */
function bytes(name: string): number {
  const [, bits] = /_[biu](\d+)(?:_|$)/.exec(name) ?? [];
  const [, dwords] = /dword(?:x(\d))?$/.exec(name) ?? [];
  const each = bits ? Number(bits) / 8 : 4 * Number(dwords ?? 1);
  return each * (/^ds_(?:read|load|write|store)(?:2|_2addr)/.test(name) ? 2 : 1);
}

/** Counts one instruction. One that issues two vector operations takes one slot and may be two multiply-adds. */
export function count(code: string): Counts {
  const [name = ''] = code.split(/\s/);
  if (name.startsWith('v_')) return { ...NONE, valu: 1, fma: multiplyAdds(code) };
  if (name.startsWith('ds_')) {
    return { ...NONE, lds: 1, ldsLoadBytes: /^ds_(?:read|load)/.test(name) ? bytes(name) : 0 };
  }
  if (/^(?:buffer|global|flat|scratch)_(?:load|store|atomic)/.test(name)) {
    return { ...NONE, vmem: 1, vmemLoadBytes: /_load/.test(name) ? bytes(name) : 0 };
  }
  if (/^s_(?:buffer_)?load/.test(name)) return { ...NONE, smem: 1 };
  if (name === 's_barrier') return { ...NONE, barriers: 1 };
  if (name.startsWith('s_') && !SCHEDULING.test(name)) return { ...NONE, salu: 1 };
  return NONE;
}

export const countAll = (codes: readonly string[]): Counts =>
  codes.reduce((sum, code) => plus(sum, count(code)), NONE);

// The driver's text as data.
import { EngineError } from '../../src/core/errors';

/** Instructions that run one after the other; the last ones may branch. */
export interface Block {
  readonly name: string;
  readonly code: readonly string[];
}

export interface Assembly {
  readonly blocks: readonly Block[];
  /** Lanes of a wave: 32 or 64, the driver's choice. */
  readonly lanes: 32 | 64;
  readonly vgprs: number;
  readonly sgprs: number;
  /** Registers that did not fit, vector and scalar. */
  readonly spilled: number;
  readonly scratchBytes: number;
  readonly ldsBytes: number;
  /**
   * Waves that can be resident on a SIMD, by registers and workgroup memory, as RADV counts them: in waves of 32 lanes, so
   * one of 64 counts twice.
   */
  readonly wavesPerSimd: number;
}

/**
 * Reads what RADV prints with `shaders,shaderstats`: the disassembly of the last shader, and its statistics.
 *
 * @throws {EngineError} if either is missing
 */
export function parseAssembly(text: string): Assembly {
  const statisticsAt = text.lastIndexOf('*** SHADER STATS ***');
  const codeAt = text.lastIndexOf('\nBB0:', statisticsAt);
  if (statisticsAt < 0 || codeAt < 0) {
    throw new EngineError('driver', 'printed no machine code', text.slice(-300).trim() || 'nothing');
  }
  const statistics = text.slice(statisticsAt);
  const statistic = (name: string): number => {
    const [, value] = new RegExp(String.raw`^${name}: (\d+)`, 'm').exec(statistics) ?? [];
    if (value === undefined) throw new EngineError('driver', `printed no statistic "${name}"`);
    return Number(value);
  };
  const blocks = parseBlocks(text.slice(codeAt + 1, statisticsAt));
  return {
    blocks,
    lanes: waveLanes(blocks),
    vgprs: statistic('VGPRs'),
    sgprs: statistic('SGPRs'),
    spilled: statistic('Spilled VGPRs') + statistic('Spilled SGPRs'),
    scratchBytes: statistic('Scratch size'),
    ldsBytes: statistic('LDS size'),
    wavesPerSimd: statistic('Subgroups per SIMD'),
  };
}

/**
 * Blocks of a disassembly: `BB7:`, then lines of a tab and an instruction, which may end in `; comment`. Of equal
 * instructions only the first is printed, then `(then repeated 6 times)`.
 */
export function parseBlocks(text: string): Block[] {
  const blocks: { name: string; code: string[] }[] = [];
  for (const line of text.split('\n')) {
    const [, name] = /^(BB\d+):/.exec(line) ?? [];
    const [, repeats] = /^\s+\(then repeated (\d+) times\)/.exec(line) ?? [];
    const code = blocks.at(-1)?.code ?? [];
    if (name !== undefined) blocks.push({ name, code: [] });
    else if (repeats !== undefined) code.push(...new Array<string>(Number(repeats)).fill(code.at(-1) ?? ''));
    else if (/^\s+[a-z]/.test(line)) code.push(line.replace(/;.*$/, '').trim());
  }
  return blocks;
}

/** A wave of 32 lanes keeps its masks in the low halves, `vcc_lo` and `exec_lo`. */
function waveLanes(blocks: readonly Block[]): 32 | 64 {
  const code = blocks.flatMap((block) => block.code);
  const masks = (pattern: RegExp): boolean => code.some((line) => pattern.test(line));
  return masks(/\b(?:vcc|exec)_lo\b/) && !masks(/\b(?:vcc|exec)\b(?!_)/) ? 32 : 64;
}

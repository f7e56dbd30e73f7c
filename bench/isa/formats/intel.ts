// What ANV prints: labels `LABEL3:`, instructions `mad(16) g52<1>F ...` with the lanes that they work on, messages to memory
// with a second line that describes them.
import { blocksOf, type Line, type Printed, type Program } from '../program';

/** What no ALU does. */
const OTHER = /^(?:sync|else|endif|while|break|cont|halt|nop|join|goto|brd|jmpi|illegal|wait)$/;
/** Hardware threads of an EU, whatever they need. */
const THREADS = { 8: 7, 16: 8 };

/** @param wide lanes that the ALU works on in a turn */
export const readIntel =
  (wide: 8 | 16) =>
  ({ lanes, statistic, text }: Printed): Program => {
    /** Numbers for each lane in registers of 4 bytes for each lane of the ALU. */
    const numbers = (registers: string | undefined): number => (Number(registers ?? 0) * wide) / lanes;
    const read = (line: string): Line | undefined => {
      const [, label] = /^(LABEL\d+):/.exec(line) ?? [];
      if (label !== undefined) return { label };
      const [, name = '', width, rest = ''] =
        /^(?:\([^)]*\)\s*)?([a-z0-9]+)[a-z0-9.]*(?: \w+)?\((\d+)\)\s+(.*)/.exec(line) ?? [];
      if (name === '') return undefined;
      const to = [...rest.matchAll(/[JU]IP:\s+(LABEL\d+)/g)].map(([, target = '']) => target);
      // A branch turns lanes off; only the end of a loop goes elsewhere.
      if (to.length > 0) return name === 'while' ? { to: to.slice(0, 1) } : {};
      if (name.startsWith('send')) {
        if (!/\b(?:read|load)\b|bti \d+, msg_ctrl/.test(rest) || /bti 25[35]|\bss\b/.test(rest)) return {};
        const loaded = numbers(/(?:rlen|dst_len =) (\d+)/.exec(rest)?.[1]);
        return /Surface = 254|bti 254|\bslm\b/.test(rest) ? { shared: loaded } : { buffer: loaded };
      }
      if (OTHER.test(name)) return {};
      return {
        alu: Math.max(1, Number(width) / wide) / (lanes / wide),
        fma: name === 'mad' && /^\S+<1>F\b/.test(rest) ? Number(width) / lanes : 0,
      };
    };
    const whole = text('GEN Assembly')
      .join('\n')
      .replace(/\n[ \t]+/g, ' ');
    return {
      blocks: blocksOf(whole.split('\n').flatMap((line) => read(line) ?? [])),
      lanes,
      registers: statistic('Max live registers'),
      spills: statistic('Spills'),
      fills: statistic('Fills'),
      inFlight: THREADS[wide],
    };
  };

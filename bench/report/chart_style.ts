import type { TopLevelSpec } from 'vega-lite';
import { adapterLine, type Origin } from './origin';

/** Told apart without colour vision, too. */
export const COLORS = { forward: '#1f6fb2', dx: '#e69f00', dw: '#3a9d7a', update: '#8a8f98' } as const;

export const style = (): Pick<TopLevelSpec, 'background' | 'padding' | 'config'> & { $schema: string } => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  background: 'white',
  padding: 18,
  config: {
    font: 'sans-serif',
    axis: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: 'normal', gridColor: '#e6e8eb' },
    legend: { labelFontSize: 12 },
    view: { stroke: null },
  },
});

/** A heading above what the figures are of, where they come from, and how to repeat them. */
export const title = (
  { adapter, runtime, date, command }: Origin,
  text: string,
  notes: readonly string[],
) => ({
  text,
  subtitle: [adapterLine(adapter), `${runtime}, ${date}`, command, ...notes],
  anchor: 'start' as const,
  frame: 'group' as const,
  fontSize: 17,
  subtitleFontSize: 12,
  subtitleColor: '#666',
  subtitleLineHeight: 16,
  offset: 14,
});

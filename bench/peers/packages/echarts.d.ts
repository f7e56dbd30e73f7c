// What the benchmark uses of ECharts; see tfjs.d.ts.
export type Option = Readonly<Record<string, unknown>>;

export interface Drawing {
  setOption(option: Option): void;
  renderToSVGString(): string;
  dispose(): void;
}

export function init(
  element: null,
  theme: null,
  options: { renderer: 'svg'; ssr: boolean; width: number; height: number },
): Drawing;

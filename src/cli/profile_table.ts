import { nodeTime, type Profile, type ProfiledNode, type ProfiledPart } from '../runtime/profile';
import { percent, short, tableData, type Column, type Paragraphs } from '../text/table';

interface LayerRow {
  readonly layer: string;
  readonly parts: Readonly<
    Record<ProfiledPart, { readonly milliseconds: number; readonly multiplyAdds: number }>
  >;
}

/** A step as a table with its circumstances: a line per layer in the network's order, its forward and backward part, their sum below. */
export function profileText({ nodes, method, choices, adapter, software }: Profile): Paragraphs {
  const rows = layersOf(nodes);
  const all: LayerRow = { layer: 'all', parts: partsOf(nodes) };
  const total = timeOf(all);
  const columns = (part: 'forward' | 'backward'): Column<LayerRow>[] => [
    { title: `${part} ms`, of: ({ parts }) => blank(parts[part].milliseconds) },
    {
      title: 'GFLOP/s',
      of: ({ parts }) => {
        const { milliseconds, multiplyAdds } = parts[part];
        return multiplyAdds > 0 ? short((2 * multiplyAdds) / milliseconds / 1e6) : '';
      },
    },
  ];
  const trains = all.parts.backward.milliseconds > 0;
  return [
    tableData(
      [
        { title: 'layer', align: 'left', of: ({ layer }) => layer },
        ...columns('forward'),
        ...(trains ? columns('backward') : []),
        ...(all.parts.update.milliseconds > 0
          ? [{ title: 'update ms', of: ({ parts }: LayerRow) => blank(parts.update.milliseconds) }]
          : []),
        { title: 'share', of: (row) => percent(timeOf(row) / total) },
      ],
      [...rows, all],
    ),
    `${short(total)} ms in all, ${adapter}${software ? ' (software: computes on the CPU)' : ''}; ${METHODS[method]}\n` +
      `kernels: ${choices}`,
  ];
}

const METHODS = {
  device: "each launch by the device's clock",
  queue: 'each launch submitted alone and waited for, which adds what that costs',
} as const;

const blank = (milliseconds: number): string => (milliseconds > 0 ? short(milliseconds) : '');

const timeOf = ({ parts }: LayerRow): number =>
  parts.forward.milliseconds + parts.backward.milliseconds + parts.update.milliseconds;

function partsOf(nodes: readonly ProfiledNode[]): LayerRow['parts'] {
  const of = (part: ProfiledPart) => {
    const mine = nodes.filter((node) => node.part === part);
    return {
      milliseconds: mine.reduce((sum, node) => sum + nodeTime(node), 0),
      multiplyAdds: mine.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
    };
  };
  return { forward: of('forward'), backward: of('backward'), update: of('update') };
}

function layersOf(nodes: readonly ProfiledNode[]): LayerRow[] {
  const layers = new Map<string, ProfiledNode[]>();
  for (const node of nodes) layers.set(node.layer, [...(layers.get(node.layer) ?? []), node]);
  return [...layers].map(([layer, mine]) => ({ layer, parts: partsOf(mine) }));
}

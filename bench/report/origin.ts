import type { Adapter } from '../jobs/context';

/** Where a figure comes from; stands beside every table, in every file and picture. */
export interface Origin {
  readonly adapter: Adapter;
  /** Browser, or Node with Dawn, and its version. */
  readonly runtime: string;
  readonly date: string;
  readonly command: string;
}

export const adapterLine = ({ name, software }: Adapter): string =>
  software ? `${name} (software: computes on the CPU, these are no GPU's figures)` : name;

export const originLines = ({ adapter, runtime, date, command }: Origin): string =>
  [`adapter  ${adapterLine(adapter)}`, `runtime  ${runtime}`, `date     ${date}`, `command  ${command}`].join(
    '\n',
  );

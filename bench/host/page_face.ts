import type { JobName } from '../jobs/index';

/** Results cross as JSON; a failure comes with its stack. */
export type Reply = { readonly value: string } | { readonly fault: string };

declare global {
  interface Window {
    bench?: (name: JobName, args: string) => Promise<Reply>;
  }
}

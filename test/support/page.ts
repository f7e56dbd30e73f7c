// The page that the tests talk to.
import type { JobHost } from './job';
import { describe, startRunner, type ReportFault } from './runner';

async function openPage(): Promise<JobHost> {
  const gpu = (navigator as Partial<Navigator>).gpu;
  const adapter = await gpu?.requestAdapter();
  if (!gpu || !adapter) {
    throw new Error(
      'WebGPU: this browser offers no adapter; install a recent Chrome or Chromium (it brings a software ' +
        'adapter) or a Vulkan driver (Debian: mesa-vulkan-drivers)',
    );
  }
  const [runtime = navigator.userAgent] = /\w*Chrome\/[\d.]+/.exec(navigator.userAgent) ?? [];
  return { runtime, gpu, adapter, read };
}

async function read(path: string): Promise<Uint8Array> {
  const response = await fetch(`/files/${path}`);
  if (!response.ok) throw new Error(await response.text());
  return new Uint8Array(await response.arrayBuffer());
}

function watchPage(report: ReportFault): void {
  addEventListener('error', (event) => report(`uncaught: ${describe(event.error ?? event.message)}`));
  addEventListener('unhandledrejection', (event) => report(`unhandled rejection: ${describe(event.reason)}`));
}

window.inception = startRunner(openPage, watchPage);

// The page of `npm run doctor`: checks the GPU at once and tells Node; the button checks it again.
import { Alive } from './alive';
import { DoctorPanel } from './doctor_panel';
import type { DoctorEvent, EndEvent } from './events';
import { faultOf } from './fault';

const tell = async (event: DoctorEvent | EndEvent): Promise<void> => window.reportEvent?.(event);

new Alive();
const panel = new DoctorPanel(document.getElementById('doctor') as HTMLElement);
const only = new URLSearchParams(location.search).get('only') ?? undefined;
panel
  .check((progress) => void tell({ kind: 'checking', progress }), only)
  .then(async (checked) => {
    await tell({ kind: 'checked', ...checked });
    await tell({ kind: 'done' });
  })
  .catch((error: unknown) => tell({ kind: 'failed', fault: faultOf(error) }));

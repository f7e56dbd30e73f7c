// Prints the adapter that Dawn finds; a process of its own, for an unfit driver may end it.
import { create } from '../../bench/dawn/node_modules/webgpu/index.js';

const gpu = create([]);
const adapter = await gpu.requestAdapter();
if (adapter) {
  const { vendor, architecture, description } = adapter.info;
  console.log([vendor, architecture, description].filter((part) => part !== '').join(' '));
} else {
  console.log('Dawn finds no adapter');
}
// Dawn's threads would keep the process alive; `gpu` must live until here.
process.exit(gpu && adapter ? 0 : 1);

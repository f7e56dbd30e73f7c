// The page that runs jobs: puppeteer calls `window.bench`.
import { EngineError } from '../../src/core/errors';
import { openEngine } from '../../src/gpu/engine';
import { runJob } from '../jobs/index';
import './page_face';

const context = { open: openEngine, say: (progress: string) => console.info(progress) };

window.bench = async (name, args) => {
  try {
    return { value: JSON.stringify(await runJob(name, context, JSON.parse(args) as never)) };
  } catch (error) {
    if (error instanceof EngineError) return { fault: error.message };
    // Nobody expected it, so its place matters; Chrome's stack begins with the message.
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

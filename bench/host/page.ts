// The page that runs jobs: puppeteer calls `window.bench`.
import { openEngine } from '../../src/gpu/engine';
import { runJob } from '../jobs/index';
import './page_face';

const context = { open: openEngine, say: (progress: string) => console.info(progress) };

window.bench = async (name, args) => {
  try {
    return { value: JSON.stringify(await runJob(name, context, JSON.parse(args) as never)) };
  } catch (error) {
    // Chrome's stack begins with the message.
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

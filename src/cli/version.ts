import { readFileSync } from 'node:fs';

const file = new URL('../../package.json', import.meta.url);

/** Of the engine, as its package says. */
export const VERSION = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;

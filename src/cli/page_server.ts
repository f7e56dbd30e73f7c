import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { PageOptions } from '../app/events';
import { FormatError } from '../core/errors';
import { readCheckpoint } from '../io/checkpoint';
import type { CheckpointStore } from '../io/checkpoint_store';
import type { ChoiceFile } from './choice_file';
import { DIGIT_FILES, readDigitFile } from './digit_files';
import { htmlPage, startModuleServer, type Handler, type ModuleServer } from './module_server';
import type { OwnPictures } from './pictures';
import { FOLDERS } from './sources';

/** Four times the channels give sixteen times the weights of Table 1: 800 MB, and a checkpoint three times that. */
const LARGEST_BODY = 3 * 2 ** 30;

/** What is trained with, and where the results go. */
export interface HostOptions {
  readonly options: PageOptions;
  /** Choices of kernels that outlive the run; what it throws is told to the page. */
  readonly choices: Pick<ChoiceFile, 'read' | 'write'>;
  /** Somebody's own pictures. */
  readonly pictures?: OwnPictures | undefined;
  /** A file of weights to begin with. */
  readonly initial?: Uint8Array | undefined;
  /** Where checkpoints go, and come from. */
  readonly checkpoints: Pick<CheckpointStore, 'latest'> & {
    saveFile(step: number, bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
  };
  /** Receives the weights file, and that of the last step where it is an average; what it throws is told to the page. */
  readonly onWeights: (bytes: Uint8Array, raw?: boolean) => void | Promise<void>;
}

export interface PageServerOptions extends HostOptions {
  /** Must come with every request for data. */
  readonly token: string;
}

/** The body of an answer; undefined: there is none. */
type Answer = string | Uint8Array | undefined;

/** What a page is, and what it may ask for. */
export interface Served {
  /** A file of src/app. */
  readonly page: string;
  /** What it does, as JSON. */
  readonly options: unknown;
  readonly pictures?: Pick<OwnPictures, 'bytes'> | undefined;
  /** What it may ask for, and send, by name. */
  readonly given: Readonly<Record<string, () => Answer | Promise<Answer>>>;
  readonly taken: Readonly<Record<string, (bytes: Buffer<ArrayBuffer>) => unknown>>;
}

/** The page that trains. */
export function trainingPage(host: HostOptions): Served {
  const { options, choices, pictures, checkpoints, onWeights } = host;
  return {
    page: 'index.html',
    options,
    pictures,
    given: {
      kernels: () => choices.read(),
      initial: () => host.initial,
      // The last whole one; nothing where there is none.
      checkpoint: async () => (await checkpoints.latest())?.bytes,
      ...Object.fromEntries(DIGIT_FILES.map((file) => [file, () => readDigitFile(file)])),
    },
    taken: {
      weights: (bytes) => onWeights(bytes),
      'weights-raw': (bytes) => onWeights(bytes, true),
      kernels: (bytes) => choices.write(bytes.toString()),
      checkpoint: (bytes) =>
        checkpoints.saveFile(readCheckpoint(bytes, 'checkpoint from the page').step, bytes),
    },
  };
}

/** Serves the page that trains. */
export const startPageServer = ({ token, ...host }: PageServerOptions): Promise<ModuleServer> =>
  servePage(trainingPage(host), token);

/**
 * Serves a page, its modules and its data on the loopback interface. `url` is the page's.
 * @param token must come with every request for data
 */
export async function servePage(served: Served, token: string): Promise<ModuleServer> {
  const server = await startModuleServer({
    folders: FOLDERS,
    handlers: {
      page: htmlPage(served.page),
      run: answer(served, token),
      uplot: sendChart,
    },
    modules: { uplot: '/uplot/uPlot.esm.js' },
  });
  return { ...server, url: `${server.url}page` };
}

/** Files of the package that draws curves, which may lie in a folder above this one: in a workspace it does. */
function sendChart(_request: IncomingMessage, response: ServerResponse, name: string): void {
  const type = { 'uPlot.esm.js': 'text/javascript', 'uPlot.min.css': 'text/css' }[name];
  if (type === undefined) {
    end(response, 404, 'there is nothing of this name');
    return;
  }
  response.setHeader('content-type', type);
  end(response, 200, readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`)));
}

/** Every path is compared with a list, or names a picture by its number; none becomes the name of a file. */
function answer({ options, pictures, ...served }: Served, token: string): Handler {
  const taken = new Map(Object.entries(served.taken));
  const given = new Map(Object.entries(served.given));
  given.set('options', () => JSON.stringify(options));
  return async (request, response, name) => {
    const take = request.method === 'POST' ? taken.get(name) : undefined;
    const [, picture] = /^picture\/(\d+)$/.exec(name) ?? [];
    const give = picture && pictures ? () => pictures.bytes(Number(picture)) : given.get(name);
    if (!sameToken(request.headers['x-run-token'], token)) {
      end(response, 403, 'the token of this run is missing');
    } else if (take && Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) {
      end(response, 413, `more than ${LARGEST_BODY} bytes`);
      request.destroy();
    } else if (take) {
      await take(await bodyOf(request));
      end(response, 204);
    } else if (request.method !== 'GET') end(response, 405, 'no such method');
    else if (give) {
      const body = await give();
      end(response, body === undefined ? 204 : 200, body);
    } else end(response, 404, 'there is nothing of this name');
  };
}

/** Takes as long whatever was given. */
function sameToken(given: string | string[] | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

/** What arrived whole. @throws for a request that breaks off */
async function bodyOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > LARGEST_BODY) throw new FormatError('body', `is more than ${LARGEST_BODY} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function end(response: ServerResponse, status: number, body?: Answer): void {
  response.writeHead(status, { 'cache-control': 'no-store' });
  response.end(body);
}

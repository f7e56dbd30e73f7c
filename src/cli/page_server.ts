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
import { startModuleServer, type Handler, type ModuleServer } from './module_server';

const PAGE = new URL('../app/index.html', import.meta.url);
/** Four times the channels give sixteen times the weights of Table 1: 800 MB, and a checkpoint three times that. */
const LARGEST_BODY = 3 * 2 ** 30;

export interface PageServerOptions {
  /** Must come with every request for data. */
  readonly token: string;
  readonly options: PageOptions;
  /** Choices of kernels that outlive the run; what it throws is told to the page. */
  readonly choices: Pick<ChoiceFile, 'read' | 'write'>;
  /** Where the page's checkpoints go, and come from. */
  readonly checkpoints: Pick<CheckpointStore, 'latest'> & {
    saveFile(step: number, bytes: Buffer<ArrayBuffer>): Promise<unknown>;
  };
  /** Receives the weights file; what it throws is told to the page. */
  readonly onWeights: (bytes: Buffer) => void | Promise<void>;
}

/** What the page imports. */
const FOLDERS = ['src', 'shaders'];

/** Serves the page, its modules and its data on the loopback interface. `url` is the page's. */
export async function startPageServer(options: PageServerOptions): Promise<ModuleServer> {
  const server = await startModuleServer({
    folders: FOLDERS,
    handlers: {
      page: (_request, response) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        // Another site's page may neither show this one nor learn its address, which has the token.
        response.setHeader('content-security-policy', "frame-ancestors 'none'");
        response.setHeader('referrer-policy', 'no-referrer');
        response.end(readFileSync(PAGE));
      },
      run: answer(options),
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

/** Every path is compared with a list; none becomes the name of a file. */
function answer({ token, options, choices, checkpoints, onWeights }: PageServerOptions): Handler {
  return (request, response, name) => {
    if (!sameToken(request.headers['x-run-token'], token)) {
      end(response, 403, 'the token of this run is missing');
      return;
    }
    const file = DIGIT_FILES.find((candidate) => candidate === name);
    if (request.method === 'POST' && name === 'weights') receive(request, response, onWeights);
    else if (request.method === 'POST' && name === 'kernels')
      receive(request, response, (bytes) => choices.write(bytes.toString()));
    else if (request.method === 'POST' && name === 'checkpoint')
      receive(request, response, async (bytes) => {
        await checkpoints.saveFile(readCheckpoint(bytes, 'checkpoint from the page').step, bytes);
      });
    else if (request.method !== 'GET') end(response, 405, 'no such method');
    else if (name === 'options') end(response, 200, JSON.stringify(options));
    else if (name === 'kernels') end(response, 200, choices.read());
    else if (name === 'checkpoint') void sendLatest(response, checkpoints);
    else if (file) end(response, 200, readDigitFile(file));
    else end(response, 404, 'there is nothing of this name');
  };
}

/** Takes as long whatever was given. */
function sameToken(given: string | string[] | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

/** The last whole checkpoint; nothing where there is none. */
async function sendLatest(
  response: ServerResponse,
  checkpoints: PageServerOptions['checkpoints'],
): Promise<void> {
  try {
    const latest = await checkpoints.latest();
    end(response, latest ? 200 : 204, latest?.bytes ?? '');
  } catch (error) {
    refuse(response, error);
  }
}

/** Hands over what arrived whole; of a request that breaks off, nothing. */
function receive(
  request: IncomingMessage,
  response: ServerResponse,
  onBody: (bytes: Buffer<ArrayBuffer>) => void | Promise<void>,
): void {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) {
    end(response, 413, `more than ${LARGEST_BODY} bytes`);
    request.destroy();
    return;
  }
  const parts: Buffer[] = [];
  let length = 0;
  request.on('data', (part: Buffer) => {
    length += part.length;
    if (length <= LARGEST_BODY) parts.push(part);
    else request.destroy();
  });
  request.on('end', () => {
    void (async () => {
      try {
        await onBody(Buffer.concat(parts));
        end(response, 204, '');
      } catch (error) {
        refuse(response, error);
      }
    })();
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  const status = error instanceof FormatError ? 400 : 500;
  end(response, status, error instanceof Error ? error.message : String(error));
}

function end(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.writeHead(status, { 'cache-control': 'no-store' });
  response.end(body);
}

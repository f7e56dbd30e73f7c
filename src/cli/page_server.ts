import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect } from 'vite';
import type { PageOptions } from '../app/events';
import type { ChoiceFile } from './choice_file';
import { DIGIT_FILES, readDigitFile } from './digit_files';
import { startModuleServer } from './module_server';

const PAGE = new URL('../app/index.html', import.meta.url);
/** Four times the channels give sixteen times the weights of Table 1: 800 MB. */
const LARGEST_BODY = 2 ** 30;

export interface PageServerOptions {
  /** Must come with every request for data. */
  readonly token: string;
  readonly options: PageOptions;
  /** Choices of kernels that outlive the run; what it throws is told to the page. */
  readonly choices: Pick<ChoiceFile, 'read' | 'write'>;
  /** Receives the weights file; what it throws is told to the page. */
  readonly onWeights: (bytes: Buffer) => void;
}

/** Serves the page, its modules and its data on the loopback interface. */
export async function startPageServer(
  options: PageServerOptions,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = await startModuleServer({
    '/page': (_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(readFileSync(PAGE));
    },
    '/run': answer(options),
  });
  return { url: `${server.url}page`, close: () => server.close() };
}

/** Every path is compared with a list; none becomes the name of a file. */
function answer({ token, options, choices, onWeights }: PageServerOptions): Connect.SimpleHandleFunction {
  return (request, response) => {
    if (request.headers['x-run-token'] !== token) {
      end(response, 403, 'the token of this run is missing');
      return;
    }
    const name = (request.url ?? '/').slice(1);
    const file = DIGIT_FILES.find((candidate) => candidate === name);
    try {
      if (request.method === 'POST' && name === 'weights') {
        receive(request, response, onWeights);
        return;
      }
      if (request.method === 'POST' && name === 'kernels') {
        receive(request, response, (bytes) => choices.write(bytes.toString()));
        return;
      }
      if (request.method !== 'GET') {
        end(response, 405, 'no such method');
        return;
      }
      if (name === 'options') {
        end(response, 200, JSON.stringify(options));
        return;
      }
      if (name === 'kernels') {
        end(response, 200, choices.read());
        return;
      }
      if (file) {
        end(response, 200, readDigitFile(file));
        return;
      }
      end(response, 404, 'there is nothing of this name');
    } catch (error) {
      end(response, 500, error instanceof Error ? error.message : String(error));
    }
  };
}

function receive(request: IncomingMessage, response: ServerResponse, onBody: (bytes: Buffer) => void): void {
  const parts: Buffer[] = [];
  let length = 0;
  request.on('data', (part: Buffer) => {
    length += part.length;
    if (length <= LARGEST_BODY) parts.push(part);
    else request.destroy();
  });
  request.on('end', () => {
    try {
      onBody(Buffer.concat(parts));
      end(response, 204, '');
    } catch (error) {
      end(response, 500, error instanceof Error ? error.message : String(error));
    }
  });
}

function end(response: ServerResponse, status: number, body: string | Buffer): void {
  response.writeHead(status, { 'cache-control': 'no-store' });
  response.end(body);
}

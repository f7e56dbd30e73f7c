import { connect } from 'node:net';

export interface RawReply {
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  /** Headers and body as they came. */
  readonly text: string;
}

/** Sends exactly these bytes to a port of 127.0.0.1 and gives what comes back until the other side ends. */
export function rawRequest(port: number, bytes: string | Uint8Array): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(bytes));
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer for 20 s')));
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => {
      const text = Buffer.concat(parts).toString('latin1');
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text });
    });
  });
}

/** A request whose path and Host go out as they stand here, without anybody's normalisation. */
export function rawGet(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<RawReply> {
  const all = { host: `127.0.0.1:${port}`, connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return rawRequest(port, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
}

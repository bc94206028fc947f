// The resolver's function URL on a laptop: a loopback address of its own, apart from the public API.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uuidv7, type World } from '../functions/shared/kernel/world.ts';
import type { createResolver } from '../functions/vault/resolver.ts';

export interface ResolverServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Lambda's own limit for a request is 6 MB; the resolver refuses less. */
const maxBytes = 6 * 1024 * 1024;

const readAll = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** @param port 0 takes any free port */
export const startResolver = async (resolver: ReturnType<typeof createResolver>, port: number, world: World): Promise<ResolverServer> => {
  const server = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      const host = request.headers.host ?? '';
      const body = await readAll(request);
      // INVARIANT: a page of another site that points its name at this machine is not answered.
      if (body === undefined || !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) {
        response.writeHead(body === undefined ? 413 : 400, { connection: 'close' }).end();
        return;
      }
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const result = await resolver({
        rawPath: request.url ?? '/',
        headers,
        body: body.toString('base64'),
        isBase64Encoded: true,
        requestContext: {
          requestId: uuidv7(world),
          timeEpoch: world.nowMs(),
          http: {
            method: request.method ?? '',
            sourceIp: request.socket.remoteAddress ?? '',
            userAgent: request.headers['user-agent'] ?? '',
          },
        },
      });
      response.writeHead(result.statusCode, result.headers as Record<string, string>).end(result.body);
    };
    serve().catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
};

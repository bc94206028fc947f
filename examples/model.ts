// A loopback HTTP server that stands for a model: it demands its API key and repeats the prompt, with an address of its own where that asks for one.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Model {
  readonly url: string;
  close(): Promise<void>;
}

/** @param apiKey the secret that each call must carry as a bearer token */
export const startModel = async (apiKey: string): Promise<Model> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.headers.authorization !== `Bearer ${apiKey}`) {
        response.writeHead(401).end();
        return;
      }
      const { prompt } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { prompt: string };
      response.writeHead(200, { 'content-type': 'application/json' });
      const contact = /contact|write|mail/i.test(prompt) ? ' Write to help@example.com for more.' : '';
      response.end(JSON.stringify({ answer: `You asked: ${prompt}${contact}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

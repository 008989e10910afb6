import { createServer, type Server } from 'node:http';
import type { ListenAddress } from '../config/static-config.ts';
import { listen } from '../lib/listen.ts';

/** What the admin address shows of the running router. */
export interface AdminFacts {
  /** Every worker listens. */
  readonly isListening: () => boolean;
}

/** The admin address: `GET /healthz` answers 200 `ok` once every worker listens, 503 before. */
export async function startAdmin(address: ListenAddress, facts: AdminFacts): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const reply = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      response.end(`${text}\n`);
    };
    if (!isRead) reply(405, 'method not allowed');
    else if (path === '/healthz' || path === '/ping') {
      if (facts.isListening()) reply(200, 'ok');
      else reply(503, 'starting');
    } else reply(404, 'not found');
  });
  server.requestTimeout = 10_000;
  await listen(server, address);
  // The system may run out of descriptors; that costs this connection, never the router.
  server.on('error', () => {});
  return server;
}

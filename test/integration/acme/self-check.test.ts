import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createSelfCheck } from '../../../src/acme/self-check.ts';
import type { EntrypointConfig } from '../../../src/config/static-config.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { freePort } from '../../support/free-port.ts';

const CHALLENGE = { token: 'token_0123456789abcdef', host: 'a.test', keyAuthorization: 'token_0123456789abcdef.thumb' };
const { logger } = collectLogger();

function entrypoint(port: number, changes: Partial<EntrypointConfig> = {}): EntrypointConfig {
  return {
    name: 'http',
    addresses: [{ host: '127.0.0.1', port }],
    transport: 'plain',
    redirect: undefined,
    ...changes,
  };
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('the right answer, asked for as a CA does', async () => {
  const seen: string[] = [];
  const port = await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    response.end(CHALLENGE.keyAuthorization);
  });
  expect(await createSelfCheck([entrypoint(port)], logger)!(CHALLENGE)).toBeUndefined();
  expect(seen).toEqual(['GET /.well-known/acme-challenge/token_0123456789abcdef a.test']);
});

test.for<{ name: string; answer: (response: ServerResponse) => void; says: string }>([
  { name: 'a redirect', answer: (response) => response.writeHead(301, { location: '/' }).end(), says: 'HTTP 301' },
  { name: 'another body', answer: (response) => response.end('hello'), says: 'HTTP 200' },
  { name: 'an endless body', answer: (response) => void response.end('x'.repeat(100_000)), says: 'HTTP 200' },
])('$name is a fault', async ({ answer, says }) => {
  const port = await serve((_request, response) => answer(response));
  const fault = await createSelfCheck([entrypoint(port)], logger)!(CHALLENGE);
  expect(fault).toBe(`127.0.0.1:${port} answers the challenge for a.test with ${says}`);
});

test('nobody there, or a connection that breaks, is none', async () => {
  const closed = createSelfCheck([entrypoint(await freePort())], logger)!;
  expect(await closed(CHALLENGE)).toBeUndefined();
  const broken = await serve((request) => request.socket.destroy());
  expect(await createSelfCheck([entrypoint(broken)], logger)!(CHALLENGE)).toBeUndefined();
});

test.for<{ name: string; entrypoints: readonly EntrypointConfig[] }>([
  { name: 'TLS only', entrypoints: [entrypoint(443, { transport: 'tls' })] },
  { name: 'PROXY header', entrypoints: [entrypoint(80, { proxyProtocol: ['0.0.0.0/0'] })] },
])('an entrypoint with $name cannot be asked', ({ entrypoints }) => {
  expect(createSelfCheck(entrypoints, logger)).toBeUndefined();
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { askUrl, type AskAnswer } from '../../../src/acme/ask-url.ts';

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the name is a parameter beside those of the URL', async () => {
  const seen: (string | undefined)[] = [];
  const origin = await listen(({ url }, response) => {
    seen.push(url);
    response.end();
  });
  await askUrl(`${origin}/allowed?key=s%26ecret`, 'a&b.example.com');
  expect(seen).toEqual(['/allowed?key=s%26ecret&domain=a%26b.example.com']);
});

test.for<[status: number, verdict: AskAnswer['verdict']]>([
  [200, 'allowed'],
  [204, 'allowed'],
  [302, 'unanswered'],
  [404, 'refused'],
  [403, 'refused'],
  [500, 'unanswered'],
  [503, 'unanswered'],
])('%i: %s', async ([status, verdict]) => {
  const origin = await listen((_, response) => response.writeHead(status, { location: '/yes' }).end('a body'));
  expect(await askUrl(origin, 'a.example.com')).toEqual({ verdict, reason: `${origin} answered ${status}` });
});

test('nobody there, and one that breaks off', async () => {
  const origin = await listen(({ socket }) => socket.destroy());
  for (const url of [origin, 'http://127.0.0.1:1']) {
    const { verdict, reason } = await askUrl(url, 'a.example.com');
    expect([verdict, reason.startsWith(`${url} cannot be asked: `)]).toEqual(['unanswered', true]);
  }
});

test('one that never answers is given up', { timeout: 20_000 }, async () => {
  const origin = await listen(() => {});
  expect((await askUrl(origin, 'a.example.com')).verdict).toBe('unanswered');
});

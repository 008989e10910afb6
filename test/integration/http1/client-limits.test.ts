import { afterAll, beforeAll, expect, test } from 'vitest';
import { oneService, startDataPlane, server, type TestDataPlane } from '../../support/data-plane.ts';
import { rawBackend, type RawBackend, RawClient } from '../../support/raw-http.ts';

let backend: RawBackend;
let plane: TestDataPlane;

/** Limits that a worker is given at its start, as options would say them. */
beforeAll(async () => {
  backend = await rawBackend((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  plane = await startDataPlane(oneService([server(backend.port)]), {
    limits: { headBytes: 2000, requestLineBytes: 500, fields: 12, requests: 2, headMs: 1000 },
  });
});

afterAll(async () => {
  await plane.stop();
  await backend.close();
});

const get = (fields: string, target = '/'): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;

test.for([
  ['within all', get(''), 200],
  ['head (T1)', get(`X-A: ${'x'.repeat(2000)}\r\n`), 431],
  ['request line (T2)', get('', `/${'x'.repeat(500)}`), 414],
  ['field lines (T3)', get('X-A: 1\r\n'.repeat(12)), 431],
] as const)('%s', async ([, request, status]) => {
  const client = await RawClient.open(plane.httpPort);
  client.send(request);
  await client.until(() => client.received.includes('\r\n\r\n'), 'an answer');
  expect(client.received.slice(9, 12)).toBe(`${status}`);
  client.close();
});

test('requests on one connection (T8)', async () => {
  const client = await RawClient.open(plane.httpPort);
  client.send(get('') + get('') + get(''));
  await client.until(() => client.hasEnded, 'the end');
  expect(client.received.split('HTTP/1.1 200').length - 1).toBe(2);
});

test('a head in time (T4)', async () => {
  const client = await RawClient.open(plane.httpPort);
  client.send('GET / HT');
  await client.until(() => client.hasEnded, 'the end');
  expect(client.received.slice(9, 12)).toBe('408');
});

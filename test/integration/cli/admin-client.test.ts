import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../../src/cli/main-command.ts';

let server: Server;
let answer: string;

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(404, { 'content-type': 'application/json' }).end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

test.for([
  ['deploy', '--wait', 'web'],
  ['pause', 'a.test'],
  ['resume', 'a.test'],
  ['explain', 'https://a.test/'],
])('%s says so when what answers is no router', async (command) => {
  for (answer of ['null', '{"message":"not found"}', '7', '[7]', 'not found']) {
    let err = '';
    const admin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const code = await runCommand([...command, '--admin', admin], { out: () => {}, err: (text) => (err += text) });
    expect([answer, code, err]).toEqual([answer, 2, expect.stringContaining(`no router at http://${admin}: `)]);
  }
});

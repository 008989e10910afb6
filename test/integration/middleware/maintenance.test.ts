import { request } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import { startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { fieldOf, RawClient, rawBackend, type RawMessage, readMessages } from '../../support/raw-http.ts';
import { compile, staticConfig, workload } from '../../support/workloads.ts';

const LABELS = {
  'sluice.host': 'a.test',
  'sluice.tls': 'off',
  'sluice.auth': 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
  'sluice.maintenance': 'true',
};

let plane: TestDataPlane;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(changes: Parameters<typeof workload>[0] = {}): Promise<void> {
  const { snapshot } = compile([workload({ labels: LABELS, ...changes })], staticConfig());
  plane = await startDataPlane(snapshot);
  closing.push(() => plane.stop());
}

async function ask(method: string, fields = ''): Promise<{ readonly answer: RawMessage; readonly text: string }> {
  const client = await RawClient.open(plane.httpPort);
  closing.push(() => client.close());
  client.send(`${method} /secret HTTP/1.1\r\nHost: a.test\r\n${fields}Connection: close\r\n\r\n`);
  await client.until(() => client.hasEnded, 'the end');
  const hint = () => (method === 'HEAD' ? ('no-body' as const) : ('framed' as const));
  return { answer: readMessages(client.received, 'response', hint)[0]!, text: client.received };
}

describe('a site in maintenance answers 503 with a page, and asks nobody for a password', () => {
  test.for([
    ['a person', 'Accept: text/html,*/*;q=0.8\r\n', 'text/html; charset=utf-8', '<h1>503 Service Unavailable</h1>'],
    ['a program', 'Accept: */*\r\n', 'text/plain; charset=utf-8', '503 Service Unavailable\n'],
  ] as const)('%s', async ([, fields, type, title]) => {
    await start();
    const { answer } = await ask('GET', fields);
    expect(answer.startLine).toBe('HTTP/1.1 503 Service Unavailable');
    expect([fieldOf(answer, 'content-type'), fieldOf(answer, 'retry-after')]).toEqual([type, '120']);
    expect(answer.body).toContain(title);
    expect(answer.body).toContain('This site is being worked on');
    expect(fieldOf(answer, 'www-authenticate')).toBeUndefined();
    expect((await plane.counters()).reasons).toEqual({ maintenance: 1 });
  });

  test('HEAD has the same head and no body', async () => {
    await start();
    const { answer, text } = await ask('HEAD');
    expect(answer.startLine).toBe('HTTP/1.1 503 Service Unavailable');
    expect([Number(fieldOf(answer, 'content-length')) > 0, fieldOf(answer, 'retry-after')]).toEqual([true, '120']);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  test.for([
    ['that does not run', { running: false }],
    ['without a port', { ports: [] }],
    ['without an address', { networks: [] }],
  ] as const)('also of a container %s', async ([, changes]) => {
    await start(changes);
    await ask('GET');
    expect((await plane.counters()).reasons).toEqual({ maintenance: 1 });
  });

  test('the app hears nothing', async () => {
    const backend = await rawBackend((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    closing.push(() => backend.close());
    const address = { networks: [{ network: 'edge', address: '127.0.0.1' }], ports: [backend.port] };
    await start(address);
    await ask('GET', 'Authorization: Basic ZmF5OnBhc3N3b3Jk\r\n');
    expect(backend.received).toEqual([]);
    plane.publish(compile([workload({ labels: { ...LABELS, 'sluice.maintenance': 'false' }, ...address })]).snapshot);
    // Its servers were ready all the time.
    await expect.poll(async () => (await ask('GET')).answer.startLine).toContain(' 401 ');
  });

  test('over TLS', async () => {
    await start({ labels: { ...LABELS, 'sluice.tls': 'auto' } });
    const status = await new Promise((resolve, reject) => {
      const options = { port: plane.httpsPort, host: '127.0.0.1', servername: 'a.test', rejectUnauthorized: false };
      const headers = { host: 'a.test' };
      request({ ...options, headers }, (answer) => {
        resolve(answer.statusCode);
        answer.resume();
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(503);
  });
});

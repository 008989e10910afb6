import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createWebhookWriter } from '../../../../src/acme/dns/webhook-writer.ts';
import type { DnsRecordWriter } from '../../../../src/acme/dns/dns-writer.ts';

const RECORD = { fqdn: '_acme-challenge.a.test.', value: 'v' };

/** A writer toward a hook; the path holds a secret, as such paths do. */
async function serve(handler: RequestListener, timeoutMs?: number): Promise<DnsRecordWriter> {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/s3cret`;
  return createWebhookWriter({ kind: 'webhook', url, login: { username: 'u', password: 'p4ss' } }, timeoutMs);
}

/** Sends without end. */
const flood =
  (status: number): RequestListener =>
  (_, response) => {
    response.writeHead(status);
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  };

test('a yes is a yes, however much it says', async () => {
  const hook = await serve(flood(200));
  await expect(hook.present(RECORD)).resolves.toBeUndefined();
});

test.for<{ name: string; handler: RequestListener; says: RegExp }>([
  { name: 'a no that does not end', handler: flood(500), says: /HTTP 500: x{200}$/ },
  {
    name: 'a redirect, which is not followed',
    handler: (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    says: /HTTP 307/,
  },
  { name: 'nothing at all', handler: (request) => void request.socket.destroy(), says: /UND_ERR_SOCKET|other side/ },
])('$name is an error that tells no secret', async ({ handler, says }) => {
  const hook = await serve(handler);
  const error = await hook.cleanup(RECORD).then(
    () => undefined,
    (cause: unknown) => cause as Error,
  );
  expect(error?.message).toMatch(says);
  expect(error?.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/…\/cleanup: /);
  expect(error?.message).not.toMatch(/s3cret|p4ss/);
});

test('one that is silent is given up', async () => {
  const hook = await serve(() => undefined, 50);
  await expect(hook.present(RECORD)).rejects.toThrow(/present: .*timeout/);
});

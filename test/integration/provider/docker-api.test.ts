import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDockerApi } from '../../../src/provider/docker/docker-api.ts';
import { createListenerCa, type ListenerCa } from '../../support/listener-ca.ts';

let server: Server | undefined;
let folder: string;
let seen: string[];
const forever = new AbortController().signal;

const answer: RequestListener = (request, response) => {
  seen.push(request.url ?? '');
  response.end(request.url?.startsWith('/version') ? '{"Version":"1","ApiVersion":"2"}' : '[{"Id":"a1"}]');
};
const listen = async (created: Server, host: string) => {
  server = created.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};
const writeCertificates = (ca: ListenerCa) =>
  Promise.all([
    writeFile(join(folder, 'ca.pem'), ca.rootPem),
    writeFile(join(folder, 'cert.pem'), ca.certificatePem),
    writeFile(join(folder, 'key.pem'), ca.keyPem),
  ]);

beforeEach(async () => {
  seen = [];
  folder = await mkdtemp(join(tmpdir(), 'sluice-certs-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('over plain TCP', () => {
  test.for([
    { scheme: 'tcp', host: '127.0.0.1', listenHost: '127.0.0.1' },
    { scheme: 'http', host: 'localhost', listenHost: 'localhost' },
    { scheme: 'tcp', host: '[::1]', listenHost: '::1' },
  ])('$scheme://$host', async ({ scheme, host, listenHost }) => {
    const port = await listen(createHttpServer(answer), listenHost);
    const api = createDockerApi({ endpoint: `${scheme}://${host}:${port}`, certPath: undefined });
    expect(await api.list(forever)).toEqual([{ Id: 'a1' }]);
    expect(seen).toEqual(['/containers/json?all=true']);
    expect(await api.version(forever)).toBe('Docker 1, API 2');
  });

  test('a user name and a password go with every call', async () => {
    const port = await listen(
      createHttpServer((request, response) => {
        seen.push(request.headers.authorization ?? '');
        response.end(request.url?.startsWith('/version') ? '{}' : '[]');
      }),
      '127.0.0.1',
    );
    const login = { username: 'fay', password: 'ä:b' };
    const api = createDockerApi({ endpoint: `tcp://127.0.0.1:${port}`, certPath: undefined, login });
    await api.list(forever);
    await api.version(forever);
    const credentials = `Basic ${Buffer.from('fay:ä:b').toString('base64')}`;
    expect(seen).toEqual([credentials, credentials]);
  });

  test('the variables of the docker command do not leak in', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
    vi.stubEnv('DOCKER_CERT_PATH', folder);
    await writeCertificates(await createListenerCa());
    const port = await listen(createHttpServer(answer), '127.0.0.1');
    const api = createDockerApi({ endpoint: `tcp://127.0.0.1:${port}`, certPath: undefined });
    expect(await api.list(forever)).toEqual([{ Id: 'a1' }]);
  });
});

describe('over TLS', () => {
  test.for(['tcp', 'https'])('%s:// with a folder of certificates, the client naming itself', async (scheme) => {
    const ca = await createListenerCa();
    await writeCertificates(ca);
    const options = { cert: ca.certificatePem, key: ca.keyPem, ca: ca.rootPem, requestCert: true };
    // The one throw-away certificate is for servers, so the server asks for it but does not judge it.
    const created = createHttpsServer({ ...options, rejectUnauthorized: false }, (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push(String(subject.CN));
      response.end('[]');
    });
    const port = await listen(created, '127.0.0.1');
    const api = createDockerApi({ endpoint: `${scheme}://127.0.0.1:${port}`, certPath: folder });
    expect(await api.list(forever)).toEqual([]);
    expect(seen).toEqual(['localhost']);
  });

  test.for(['paths', 'text'])('with files named one by one (%s), which go before the folder', async (form) => {
    const ca = await createListenerCa();
    await writeCertificates(ca);
    const port = await listen(createHttpsServer({ cert: ca.certificatePem, key: ca.keyPem }, answer), '127.0.0.1');
    const tls =
      form === 'text'
        ? { ca: ca.rootPem, cert: undefined, key: undefined }
        : { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    const api = createDockerApi({ endpoint: `tcp://127.0.0.1:${port}`, certPath: undefined, tls });
    expect(await api.list(forever)).toEqual([{ Id: 'a1' }]);
  });

  test('a file that is not there ends the start, naming the option', () => {
    const tls = { ca: join(folder, 'none.pem'), cert: undefined, key: undefined };
    expect(() => createDockerApi({ endpoint: 'tcp://engine:2376', certPath: undefined, tls })).toThrow(
      `--providers.docker.tls.ca: cannot read ${folder}/none.pem: name a PEM file or PEM text`,
    );
  });

  test('an engine of another authority is refused', async () => {
    await writeCertificates(await createListenerCa());
    const other = await createListenerCa();
    const port = await listen(
      createHttpsServer({ cert: other.certificatePem, key: other.keyPem }, answer),
      '127.0.0.1',
    );
    const api = createDockerApi({ endpoint: `tcp://127.0.0.1:${port}`, certPath: folder });
    await expect(api.list(forever)).rejects.toThrow(/certificate/);
    expect(seen).toEqual([]);
  });

  test('a folder without its files ends the start, naming the file', () => {
    expect(() => createDockerApi({ endpoint: 'tcp://engine:2376', certPath: folder })).toThrow(
      `--docker-cert-path: cannot read ${folder}/ca.pem: the folder must hold ca.pem, cert.pem and key.pem`,
    );
  });
});

describe('giving up', () => {
  test('a call whose signal is aborted rejects, before and during it', async () => {
    const port = await listen(
      createHttpServer(() => undefined),
      '127.0.0.1',
    );
    const api = createDockerApi({ endpoint: `tcp://127.0.0.1:${port}`, certPath: undefined });
    await expect(api.list(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    for (const call of [api.list, api.version]) {
      const gone = new AbortController();
      const called = call(gone.signal);
      await vi.waitFor(async () => {
        const { promise, resolve } = Promise.withResolvers<number>();
        server?.getConnections((_, count) => resolve(count));
        expect(await promise).toBeGreaterThan(0);
      });
      gone.abort(new Error('enough'));
      await expect(called).rejects.toThrow('enough');
    }
  });
});

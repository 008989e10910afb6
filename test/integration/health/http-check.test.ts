import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { HealthCheckConfig, ServerConfig, TransportTls } from '../../../src/config/dynamic.ts';
import { HttpCheck } from '../../../src/health/http-check.ts';
import { deafListener } from '../../support/deaf-listener.ts';
import { freePort } from '../../support/free-port.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import { answering, ScriptedBackend, type Script } from '../../support/scripted-backend.ts';
import { healthCheck, server } from '../../support/server-config.ts';
import { tlsBackend } from '../../support/tls-backend.ts';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function backend(script: Script): Promise<ScriptedBackend> {
  const one = await new ScriptedBackend(script).listen();
  cleanUps.push(() => one.refuse());
  return one;
}

function checkOf(
  port: number,
  check: Partial<HealthCheckConfig> = {},
  { config = {}, tls = DEFAULT_TRANSPORT.tls }: { config?: Partial<ServerConfig>; tls?: TransportTls } = {},
): HttpCheck {
  const one = new HttpCheck(server(port, config), healthCheck(check), tls);
  cleanUps.push(() => one.close());
  return one;
}

/** What the requests of these paths were answered with, and their heads in order. */
function answeringByPath(answers: Readonly<Record<string, string>>): {
  readonly heads: string[];
  readonly script: Script;
} {
  const heads: string[] = [];
  const script: Script = (connection) => {
    if (!connection.received.includes('\r\n\r\n')) return;
    heads.push(connection.received);
    const [, path = ''] = connection.received.split(' ');
    connection.answer(answers[path] ?? response(404));
  };
  return { heads, script };
}

function response(status: number, fields: readonly string[] = [], body = ''): string {
  return [`HTTP/1.1 ${status} X`, ...fields, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

const redirectTo = (location: string, status = 302): string => response(status, [`Location: ${location}`], 'moved');

describe('what passes', () => {
  test.for([
    [200, undefined, true],
    [204, undefined, true],
    [302, undefined, true],
    [399, undefined, true],
    [400, undefined, false],
    [404, undefined, false],
    [500, undefined, false],
    [503, undefined, false],
    [200, [[200, 200]], true],
    [201, [[200, 200]], false],
    [302, [[200, 200]], false],
    [
      503,
      [
        [200, 200],
        [500, 599],
      ],
      true,
    ],
    [404, [[404, 404]], true],
  ] as const)('%i for %j: %s', async ([status, wanted, passed]) => {
    const { port } = await backend(answering(response(status)));
    const outcome = await checkOf(port, wanted === undefined ? {} : { status: wanted }).check();
    expect(outcome).toEqual({ passed, detail: `GET /health answered ${status}` });
  });

  test('an interim response is no answer', async () => {
    const { port } = await backend(answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${response(500)}`));
    expect(await checkOf(port).check()).toMatchObject({ passed: false, detail: 'GET /health answered 500' });
  });
});

describe('what is sent', () => {
  test('by default: GET, the server as Host, who asks', async () => {
    const { heads, script } = answeringByPath({ '/health': response(200) });
    const { port } = await backend(script);
    await checkOf(port).check();
    expect(heads).toHaveLength(1);
    expect(heads[0]).toMatch(/^GET \/health HTTP\/1\.1\r\n/);
    expect(heads[0]).toMatch(new RegExp(`\r\nhost: 127\\.0\\.0\\.1:${port}\r\n`, 'i'));
    expect(heads[0]).toMatch(/\r\nuser-agent: sluice-health-check\r\n/i);
  });

  test('method, query, Host and fields of the check', async () => {
    const { heads, script } = answeringByPath({ '/up?deep=1': response(200) });
    const { port } = await backend(script);
    const check = {
      path: '/up?deep=1',
      method: 'OPTIONS',
      host: 'app.example.com',
      headers: [
        ['X-Probe', 'yes'],
        ['User-Agent', 'mine'],
      ],
    } as const;
    const { passed, detail } = await checkOf(port, check).check();
    // The query may hold a secret.
    expect([passed, detail]).toEqual([true, 'OPTIONS /up answered 200']);
    const head = heads[0]!.toLowerCase();
    expect(head.startsWith('options /up?deep=1 ')).toBe(true);
    for (const line of ['host: app.example.com', 'x-probe: yes', 'user-agent: mine'])
      expect(head).toContain(`\r\n${line}\r\n`);
    expect(head.match(/\r\n(host|user-agent):/g)).toHaveLength(2);
  });

  test('HEAD, whose answer has no body', async () => {
    const { port } = await backend((connection) => connection.answer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'));
    const check = checkOf(port, { method: 'HEAD' });
    expect(await check.check()).toEqual({ passed: true, detail: 'HEAD /health answered 200' });
    expect((await check.check()).passed).toBe(true);
  });

  test('to the port of the check', async () => {
    const { port } = await backend(answering(response(200)));
    const traffic = await freePort();
    expect((await checkOf(traffic).check()).passed).toBe(false);
    expect((await checkOf(traffic, { port }).check()).passed).toBe(true);
  });
});

describe('what fails', () => {
  test('a refused connection', async () => {
    const port = await freePort();
    expect(await checkOf(port).check()).toEqual({
      passed: false,
      detail: `GET /health got no answer: 127.0.0.1:${port} refuses connections`,
    });
  });

  test.for<readonly [name: string, script: Script, detail: RegExp]>([
    ['an endpoint that hangs', () => {}, /did not answer within 150 ms$/],
    ['one that stops inside the head', ({ write }) => write('HTTP/1.1 200 OK\r\n'), /did not answer within 150 ms$/],
    ['one that closes', ({ socket }) => socket.destroy(), /the connection was closed$/],
    ['one that resets', ({ reset }) => reset(), /the connection was closed$/],
    ['one that speaks something else', ({ write }) => write('220 mail ready\r\n'), /not HTTP$/],
  ])('%s', async ([, script, detail]) => {
    const { port } = await backend(script);
    const outcome = await checkOf(port, { timeoutMs: 150 }).check();
    expect(outcome.passed).toBe(false);
    expect(outcome.detail).toMatch(detail);
  });

  test('an address that does not answer', async () => {
    const deaf = await deafListener();
    cleanUps.push(() => deaf.close());
    const one = checkOf(deaf.port, { timeoutMs: 150 });
    expect(await one.check()).toEqual({ passed: false, detail: 'GET /health did not answer within 150 ms' });
    // What was being opened is gone.
    expect(await one.check()).toEqual({ passed: false, detail: 'GET /health did not answer within 150 ms' });
  });

  test('a slow answer, and it passes where the deadline allows it', async () => {
    const slow: Script = (connection) => {
      connection.received = '';
      setTimeout(() => connection.answer(response(200)), 200);
    };
    const { port } = await backend(slow);
    expect((await checkOf(port, { timeoutMs: 60 }).check()).passed).toBe(false);
    expect((await checkOf(port, { timeoutMs: 10_000 }).check()).passed).toBe(true);
  });

  test('a check that is closed meanwhile', async () => {
    const hanging = await backend(() => {});
    const one = checkOf(hanging.port);
    const outcome = one.check();
    await waitFor('the request', () => hanging.connections.size === 1);
    one.close();
    expect((await outcome).passed).toBe(false);
    await waitFor('the end of the connection', () => hanging.sockets.size === 0);
  });
});

describe('bodies', () => {
  test('the head is the answer: an endless body is cut off, and the next check is asked anew', async () => {
    let sent = 0;
    const { port, sockets } = await backend(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = (): void => {
        if (socket.destroyed) return;
        sent += 1000;
        socket.write(`3e8\r\n${'x'.repeat(1000)}\r\n`);
        setImmediate(more);
      };
      more();
    });
    const one = checkOf(port);
    expect((await one.check()).passed).toBe(true);
    await waitFor('the end of the connection', () => sockets.size === 0);
    expect(sent).toBeGreaterThan(65_536);
    expect((await one.check()).passed).toBe(true);
  });

  test('the rest of one does not keep the next check waiting', async () => {
    const { port } = await backend(({ write }) => write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'));
    const one = checkOf(port);
    for (let n = 0; n < 3; n++) expect(await one.check()).toMatchObject({ passed: true });
  });

  test('one that never ends is cut off at the deadline', async () => {
    const { port, sockets } = await backend(({ write }) => write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'));
    expect((await checkOf(port, { timeoutMs: 150 }).check()).passed).toBe(true);
    expect(sockets.size).toBe(1);
    await waitFor('the end of the connection', () => sockets.size === 0);
  });
});

describe('the connection', () => {
  test('is used again, and is closed with the check', async () => {
    let opened = 0;
    const { port, sockets } = await backend((connection) => {
      opened = Math.max(opened, connection.index + 1);
      answering(response(200, [], 'fine'))(connection);
    });
    const one = checkOf(port);
    for (let count = 0; count < 5; count++) {
      expect((await one.check()).passed).toBe(true);
      // The rest of the answer.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([opened, sockets.size]).toEqual([1, 1]);
    one.close();
    await waitFor('the end of the connection', () => sockets.size === 0);
    expect((await one.check()).passed).toBe(true);
  });

  test('that the server closed while it was idle is no failure', async () => {
    const { port } = await backend((connection) => {
      // Each connection answers once, and hangs up on the second request.
      if (connection.received.includes('\r\n\r\n') && connection.socket.bytesWritten > 0) connection.socket.destroy();
      else answering(response(200))(connection);
    });
    const one = checkOf(port);
    for (let count = 0; count < 3; count++) expect((await one.check()).passed).toBe(true);
  });

  test('a fresh connection that the server ends is a failure at once', async () => {
    let count = 0;
    const { port, sockets } = await backend((connection) => {
      if (count++ === 0) connection.answer(response(200, ['Connection: close']));
      connection.socket.destroySoon();
    });
    const one = checkOf(port);
    expect((await one.check()).passed).toBe(true);
    await waitFor('the end of the connection', () => sockets.size === 0);
    expect((await one.check()).passed).toBe(false);
    expect(count).toBe(2);
  });

  test('a server that hangs up on a fresh connection, too, fails', async () => {
    let count = 0;
    const { port } = await backend((connection) => {
      if (count++ === 0) answering(response(200))(connection);
      else connection.socket.destroy();
    });
    const one = checkOf(port);
    expect((await one.check()).passed).toBe(true);
    expect((await one.check()).passed).toBe(false);
    expect(count).toBe(3);
  });
});

describe('redirects', () => {
  test('count by their own status unless they are to be followed', async () => {
    const { heads, script } = answeringByPath({ '/health': redirectTo('/login') });
    const { port } = await backend(script);
    expect(await checkOf(port).check()).toEqual({ passed: true, detail: 'GET /health answered 302' });
    expect(heads).toHaveLength(1);
  });

  test.for([
    ['/health', ['/a', '/b?c=d'], response(200), true],
    ['/health', ['/a'], response(500), false],
    ['/deep/health', ['a'], response(200), true],
  ] as const)('%s to %j is followed on the same server', async ([path, ways, last, passed]) => {
    const absolute = ways.map((way) => new URL(way, `http://x${path}`));
    const paths = [path, ...absolute.map(({ pathname, search }) => pathname + search)];
    const answers = paths.map((from, at) => [from, at < ways.length ? redirectTo(ways[at]!) : last] as const);
    const { heads, script } = answeringByPath(Object.fromEntries(answers));
    const { port } = await backend(script);
    const outcome = await checkOf(port, { path, followRedirects: true }).check();
    expect(outcome.passed).toBe(passed);
    expect(heads.map((head) => head.split(' ')[1])).toEqual(paths);
  });

  test('by a full URL of the server, or of the Host that was asked for', async () => {
    const { heads, script } = answeringByPath({ '/ok': response(204) });
    const one = await backend((connection) => {
      const target = connection.received.includes('GET /health')
        ? `http://127.0.0.1:${one.port}/host`
        : 'http://app.test/ok';
      const isOk = connection.received.includes('GET /ok');
      if (isOk) script(connection);
      else answering(redirectTo(target, 307))(connection);
    });
    const outcome = await checkOf(one.port, { followRedirects: true, host: 'app.test' }).check();
    expect([outcome.detail, heads.length]).toEqual(['GET /health answered 204', 1]);
  });

  test.for(['https://app.test/', 'http://elsewhere.test/', 'http://127.0.0.1:1/', '//elsewhere.test/', 'http://['])(
    'to %s is not followed and counts by its own status',
    async (location) => {
      const { port } = await backend(answering(redirectTo(location)));
      const follow = { followRedirects: true, host: 'app.test' };
      expect(await checkOf(port, follow).check()).toEqual({ passed: true, detail: 'GET /health answered 302' });
      expect((await checkOf(port, { ...follow, status: [[200, 200]] }).check()).passed).toBe(false);
    },
  );

  test('ten are followed, and no more', async () => {
    let count = 0;
    const { port } = await backend((connection) => {
      count += 1;
      connection.answer(redirectTo(`/${count}`));
    });
    const outcome = await checkOf(port, { followRedirects: true }).check();
    expect([count, outcome]).toEqual([11, { passed: false, detail: 'GET /health was redirected more than 10 times' }]);
  });

  test('of a POST is followed by GET, with 307 by POST', async () => {
    const { heads, script } = answeringByPath({
      '/health': redirectTo('/same', 307),
      '/same': redirectTo('/other', 303),
      '/other': response(200),
    });
    const { port } = await backend(script);
    expect((await checkOf(port, { method: 'POST', followRedirects: true }).check()).passed).toBe(true);
    expect(heads.map((head) => head.split(' ')[0])).toEqual(['POST', 'POST', 'GET']);
  });

  test('with a body that is too long is followed over another connection', async () => {
    const long = response(302, ['Location: /ok'], 'x'.repeat(200_000));
    const { heads, script } = answeringByPath({ '/health': long, '/ok': response(200) });
    const { port } = await backend(script);
    expect((await checkOf(port, { followRedirects: true }).check()).passed).toBe(true);
    expect(heads).toHaveLength(2);
  });
});

describe('over TLS', () => {
  const DAY_MS = 86_400_000;

  async function secure(names: readonly string[]) {
    const ca = await createTestCa('CN=inner');
    const dates = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS };
    const { keyPem, chainPem } = await issueCertificate(ca, { names, ...dates });
    const one = await tlsBackend({ key: keyPem, cert: chainPem });
    cleanUps.push(() => one.close());
    return { one, rootCAs: ca.rootPem };
  }

  test.for<readonly [name: string, tls: (rootCAs: string) => TransportTls, passed: boolean]>([
    ['an unknown root fails', () => ({ insecureSkipVerify: false }), false],
    ['not verified, it passes', () => ({ insecureSkipVerify: true }), true],
    ['another name fails', (rootCAs) => ({ insecureSkipVerify: false, rootCAs }), false],
    [
      'the name of the transport passes',
      (rootCAs) => ({ insecureSkipVerify: false, rootCAs, serverName: 'app.test' }),
      true,
    ],
  ])('certificates are verified as those of requests: %s', async ([, tls, passed]) => {
    const { one, rootCAs } = await secure(['app.test']);
    const parts = { config: { scheme: 'https' as const }, tls: tls(rootCAs) };
    const outcome = await checkOf(one.port, { host: 'visitors.test', timeoutMs: 3000 }, parts).check();
    expect(outcome.passed).toBe(passed);
    if (!passed) expect(outcome.detail).not.toContain('within');
  });

  test('the scheme of the check may be another one, and SNI is the name of the transport', async () => {
    const { one, rootCAs } = await secure(['app.test']);
    const tls = { insecureSkipVerify: false, rootCAs, serverName: 'app.test' };
    expect((await checkOf(one.port, { scheme: 'https', host: 'visitors.test' }, { tls }).check()).passed).toBe(true);
    expect(one.connections[0]?.servername).toBe('app.test');
    expect(one.connections[0]?.received.toLowerCase()).toContain('host: visitors.test\r\n');
    const plain = await checkOf(one.port, { timeoutMs: 3000 }, { tls }).check();
    expect(plain.passed).toBe(false);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ComposedConfig, MirrorConfig } from '../../../src/config/dynamic.ts';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { ComposedLab } from '../../support/composed-lab.ts';
import { server } from '../../support/data-plane.ts';
import { Http2Backend, received, type ReceivedRequest } from '../../support/http2-backend.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { fieldOf, type RawMessage, readMessages } from '../../support/raw-http.ts';
import { answering, type Script, ScriptedBackend } from '../../support/scripted-backend.ts';

type Mirroring = Extract<ComposedConfig, { readonly kind: 'mirroring' }>;

let lab: ComposedLab;

beforeEach(async () => {
  lab = new ComposedLab();
  await lab.open();
});

afterEach(() => lab.close());

/** `a` answers, `b` gets copies. */
function mirroring(changes: Partial<Mirroring> = {}, mirror: Partial<MirrorConfig> = {}): Mirroring {
  const mirrors = [{ name: 'b', percent: 100, credentials: false, ...mirror }];
  return { kind: 'mirroring', service: 'a', mirrors, maxBodyBytes: 1024, mirrorBody: true, ...changes };
}

const copies = (): RawMessage[] => lab.seen.get('b')!.map((text) => readMessages(text, 'request')[0]!);
const originals = (): RawMessage[] => lab.seen.get('a')!.map((text) => readMessages(text, 'request')[0]!);
const counted = async (wanted: Record<string, number>): Promise<void> => {
  await expect
    .poll(async () => (await lab.plane.counters()).mirrors, { timeout: 5000 })
    .toEqual({ mirror_sent: 0, mirror_failed: 0, mirror_dropped: 0, ...wanted });
};
const fieldsOf = (message: RawMessage): string[] =>
  message.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort();

describe('a copy', () => {
  test.for([
    ['GET', '', ''],
    ['DELETE', '', ''],
    ['POST', 'Content-Length: 5\r\nContent-Type: text/plain\r\n', 'hello'],
    ['POST', 'Content-Length: 0\r\n', ''],
    ['PUT', 'Content-Length: 1024\r\n', 'x'.repeat(1024)],
  ] as const)('of %s %s is what the server got, without credentials', async ([method, framing, body]) => {
    await lab.start(mirroring());
    const secrets = 'Authorization: Basic YTpi\r\nCookie: a=b\r\n';
    const client = await lab.send(`${secrets}X-One: 1\r\nx-one: 2\r\n${framing}`, method, body);
    expect((await lab.answerTo(client)).body).toBe('a');
    await counted({ mirror_sent: 1 });
    const [original, copy] = [originals()[0]!, copies()[0]!];
    expect([copy.startLine, copy.body]).toEqual([original.startLine, body]);
    const isKept = (line: string): boolean => !/^(authorization|cookie|connection): /.test(line);
    expect(fieldsOf(copy).filter(isKept)).toEqual(fieldsOf(original).filter(isKept));
    expect([fieldOf(copy, 'authorization'), fieldOf(copy, 'cookie')]).toEqual([undefined, undefined]);
    expect([fieldOf(original, 'cookie'), fieldOf(copy, 'host')]).toEqual(['a=b', 'a.test']);
    expect(fieldOf(copy, 'x-forwarded-for')).toBe('127.0.0.1');
  });

  test('of a chunked payload', async () => {
    await lab.start(mirroring());
    const client = await lab.send('Transfer-Encoding: chunked\r\n', 'POST', '3\r\nabc\r\n');
    await expect.poll(() => lab.backends.get('a')!.connections.size).toBe(1);
    expect(copies()).toEqual([]);
    client.send('4\r\ndefg\r\n0\r\n\r\n');
    await lab.answerTo(client);
    await counted({ mirror_sent: 1 });
    expect([copies()[0]!.body, originals()[0]!.body]).toEqual(['abcdefg', 'abcdefg']);
  });

  test('has credentials where that is wanted', async () => {
    await lab.start(mirroring({}, { credentials: true }));
    await lab.answerTo(await lab.send('Authorization: Basic YTpi\r\nCookie: a=b\r\n'));
    await counted({ mirror_sent: 1 });
    expect([fieldOf(copies()[0]!, 'authorization'), fieldOf(copies()[0]!, 'cookie')]).toEqual(['Basic YTpi', 'a=b']);
  });

  test('has no payload where none is wanted, however long it is', async () => {
    await lab.start(mirroring({ mirrorBody: false }));
    await lab.answerTo(await lab.send('Content-Length: 5000\r\n', 'POST', 'x'.repeat(5000)));
    await counted({ mirror_sent: 1 });
    expect([copies()[0]!.body, fieldOf(copies()[0]!, 'content-length')]).toEqual(['', '0']);
  });

  test('is made of so many in a hundred', async () => {
    await lab.start(mirroring({}, { percent: 40 }));
    expect(await lab.names(10)).toBe('aaaaaaaaaa');
    await counted({ mirror_sent: 4 });
  });
});

describe('no copy', () => {
  test.for([
    ['with a length', 'Content-Length: 1025\r\n', 'x'.repeat(1025)],
    ['in chunks', 'Transfer-Encoding: chunked\r\n', `401\r\n${'x'.repeat(1025)}\r\n0\r\n\r\n`],
  ] as const)('of a payload over the limit, %s', async ([, fields, body]) => {
    await lab.start(mirroring());
    expect((await lab.answerTo(await lab.send(fields, 'POST', body))).body).toBe('a');
    await counted({ mirror_dropped: 1 });
    expect([copies(), originals()[0]!.body.length]).toEqual([[], 1025]);
  });

  test('of a request that does not end', async () => {
    await lab.start(mirroring());
    const client = await lab.send('Content-Length: 10\r\n', 'POST', 'x');
    await expect.poll(() => lab.backends.get('a')!.connections.size).toBe(1);
    client.close();
    await counted({ mirror_dropped: 1 });
    expect(copies()).toEqual([]);
  });

  test('of an upgrade', async () => {
    await lab.start(mirroring());
    lab.backends.get('a')!.script = (connection) =>
      connection.answer('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    const client = await lab.send(`Connection: Upgrade\r\nUpgrade: websocket\r\n${key}`);
    await client.until(() => client.received.startsWith('HTTP/1.1 101 '), 'the switch');
    await counted({});
    expect(copies()).toEqual([]);
  });
});

describe('a mirror that fails changes nothing for the client', () => {
  /** Milliseconds of the median request. */
  async function median(): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < 15; n++) {
      const began = performance.now();
      const answer = await lab.answerTo(await lab.send('Content-Length: 3\r\n', 'POST', 'abc'));
      times.push(performance.now() - began);
      expect([answer.startLine, answer.body]).toEqual(['HTTP/1.1 200 OK', 'a']);
    }
    return times.sort((left, right) => left - right)[7]!;
  }

  const OUTCOMES: readonly (readonly [string, Script | undefined, Record<string, number>])[] = [
    ['hangs', () => {}, {}],
    ['resets', (one) => one.reset(), { mirror_failed: 15 }],
    ['refuses', undefined, { mirror_failed: 15 }],
    ['says nonsense', (one) => one.answer('nonsense\r\n\r\n'), { mirror_failed: 15 }],
    ['answers without end', (one) => one.answer('HTTP/1.1 200 OK\r\n\r\nx'), {}],
  ];

  test.for(OUTCOMES)('%s', async ([, script, counters]) => {
    await lab.start(mirroring({}, { percent: 0 }));
    await median();
    const without = await median();
    lab.plane.publish(lab.snapshot(mirroring()));
    await lab.plane.counters();
    const mirror = lab.backends.get('b')!;
    if (script === undefined) await mirror.refuse();
    else mirror.script = script;
    const before = (await lab.plane.counters()).reasons;
    expect(await median()).toBeLessThan(without * 5 + 30);
    await counted(counters);
    // Nothing of it is a fault of the client's request.
    expect((await lab.plane.counters()).reasons).toEqual(before);
    if (script === undefined) await mirror.listen();
  });

  test('one without a ready server', async () => {
    await lab.start(mirroring());
    lab.tell('b', 'down');
    expect(await lab.names(2)).toBe('aa');
    await counted({ mirror_failed: 2 });
  });

  test('hung copies are bounded: beyond 64 they are left out', async () => {
    await lab.start(mirroring());
    lab.backends.get('b')!.script = () => {};
    expect(await lab.names(70)).toBe('a'.repeat(70));
    await counted({ mirror_dropped: 6 });
  });

  test('what is left out comes again when there is room', async () => {
    await lab.start(mirroring());
    const hung = lab.backends.get('b')!;
    const usual = hung.script;
    hung.script = () => {};
    await lab.names(66);
    hung.script = usual;
    for (const connection of hung.connections) connection.reset();
    await counted({ mirror_dropped: 2, mirror_failed: 64 });
    await lab.names(1);
    await counted({ mirror_dropped: 2, mirror_failed: 64, mirror_sent: 1 });
  });
});

test.for([
  ['is trusted', true, { mirror_sent: 1 }],
  ['is not trusted', false, { mirror_failed: 1 }],
] as const)('the transport of the mirror holds: a certificate that %s', async ([, isTrusted, counters]) => {
  const ca = await createTestCa();
  const now = Date.now();
  const { keyPem, chainPem } = await issueCertificate(ca, {
    names: ['127.0.0.1'],
    notBefore: now - 1000,
    notAfter: now + 86_400_000,
  });
  const answer = answering('HTTP/1.1 204 No Content\r\n\r\n');
  const secure = await new ScriptedBackend(answer, { key: keyPem, cert: chainPem }).listen();
  await lab.start(mirroring());
  const { services, ...rest } = lab.snapshot(mirroring());
  const tls = { ...DEFAULT_TRANSPORT.tls, ...(isTrusted ? { rootCAs: ca.rootPem } : {}) };
  const changed = services.map((one) =>
    one.name === 'b' ? { ...one, servers: [server(secure.port, { scheme: 'https' })], transport: 't' } : one,
  );
  lab.plane.publish({ ...rest, services: changed, transports: { t: { ...DEFAULT_TRANSPORT, tls } } });
  await lab.plane.counters();
  expect(await lab.names(1)).toBe('a');
  await counted(counters);
  await secure.refuse();
});

test.for(['', 'hello'])('a mirror of scheme h2c gets HTTP/2, with the payload %j', async (body) => {
  const mirror = new Http2Backend((stream, fields) => {
    void received(stream, fields).then((one) => {
      seen.push(one);
      stream.respond({ ':status': 200 });
      stream.end('thrown away');
    });
  });
  const seen: ReceivedRequest[] = [];
  await mirror.listen();
  try {
    await lab.start(mirroring());
    const snapshot = lab.snapshot(mirroring());
    const services = snapshot.services.map((one) =>
      one.name === 'b' ? { ...one, servers: [server(mirror.port, { scheme: 'h2c' })] } : one,
    );
    lab.plane.publish({ ...snapshot, services });
    await lab.plane.counters();
    for (let i = 0; i < 3; i++) {
      const framing = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
      const client = await lab.send(`X-One: ${i}\r\n${framing}`, body === '' ? 'GET' : 'POST', body);
      expect((await lab.answerTo(client)).body).toBe('a');
    }
    await counted({ mirror_sent: 3 });
    const got = seen.map(
      (one) => `${one.fields[':authority']} ${one.fields['x-one'] as string} ${one.body.latin1Slice()}`,
    );
    expect(got.sort()).toEqual([0, 1, 2].map((n) => `a.test ${n} ${body}`));
  } finally {
    await mirror.close();
  }
});

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAME = 'big.test';
const BYTES = 200 * 1024 * 1024;
const GROWTH_LIMIT = 80 * 1024 * 1024;
/** What the sample app repeats in a download. */
const PIECE = Buffer.alloc(64 * 1024, 'sluice ');

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess;
let client: SiteClient;

beforeAll(async () => {
  folder = await createSharedFolder();
  containers = createContainers(docker);
  await containers.run({ image, labels: { 'sluice.host': NAME } });
  router = await startRouter({ docker, dataDir: folder.path });
  client = createSiteClient({ at: router.https, name: NAME });
  await waitFor('the site', async () => (await client.ask('/')).status === 200);
});

afterAll(async () => {
  client?.close();
  await router?.[Symbol.asyncDispose]();
  await containers?.removeAll();
  await folder?.remove();
});

function* pieces(bytes: number) {
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE.subarray(0, Math.min(left, PIECE.length));
}

const hashOf = (bytes: number) => {
  const hash = createHash('sha256');
  for (const piece of pieces(bytes)) hash.update(piece);
  return hash.digest('hex');
};

const upload = async (bytes: number, headers: Readonly<Record<string, string>>) => {
  const request = client.begin('/upload', { method: 'POST', headers });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(pieces(bytes)), request);
  const [response] = await answered;
  return JSON.parse(await text(response)) as { bytes: number; sha256: string };
};

const download = async (bytes: number) => {
  const request = client.begin(`/download?bytes=${bytes}`);
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const hash = createHash('sha256');
  let received = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    received += chunk.length;
    hash.update(chunk);
  }
  return { bytes: received, sha256: hash.digest('hex') };
};

/** Runs a transfer; how far the router's memory rose above what it was. */
const growthDuring = async <T>(transfer: () => Promise<T>) => {
  const before = router.residentBytes();
  let peak = before;
  const sample = () => {
    peak = Math.max(peak, router.residentBytes());
  };
  const timer = setInterval(sample, 10);
  const result = await transfer().finally(() => clearInterval(timer));
  sample();
  return { result, growth: peak - before };
};

describe('200 MB through HTTPS', () => {
  test.for([
    { name: 'upload with a length', run: () => upload(BYTES, { 'content-length': String(BYTES) }) },
    { name: 'chunked upload', run: () => upload(BYTES, { 'transfer-encoding': 'chunked' }) },
    { name: 'download', run: () => download(BYTES) },
  ])('$name arrives unchanged, in flat memory', async ({ run }) => {
    const { result, growth } = await growthDuring(run);
    expect(result).toEqual({ bytes: BYTES, sha256: hashOf(BYTES) });
    expect(growth).toBeLessThan(GROWTH_LIMIT);
  });

  test('a client that stops reading stops nobody else and fills no memory', async () => {
    const { growth } = await growthDuring(async () => {
      const request = client.begin(`/download?bytes=${BYTES}`);
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      await once(response, 'readable');
      // Several connections at a time, so that the worker of the stalled one has some of them too.
      const askOther = () => client.ask('/download?bytes=1000000', { signal: AbortSignal.timeout(5000) });
      for (let round = 0; round < 40; round++) {
        const answers = await Promise.all(Array.from({ length: 6 }, askOther));
        expect(answers.map(({ status, body }) => [status, body.length])).toEqual(answers.map(() => [200, 1_000_000]));
      }
      response.destroy();
    });
    expect(growth).toBeLessThan(GROWTH_LIMIT);
  });
});

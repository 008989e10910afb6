import { expect, onTestFinished, test, vi } from 'vitest';
import { oneService, router, startDataPlane } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { v1Of } from '../../support/proxy-header.ts';
import { RawClient } from '../../support/raw-http.ts';

// The whole of a PROXY header is in time; what comes behind it has the time of a first byte of its own.
test.for(['', v1Of('203.0.113.1')])('a silent client of an entrypoint for both is let go (T4): %j', async (text) => {
  const port = await freePort();
  const plane = await startDataPlane(oneService([], [router('Host(`localhost`)')]), {
    limits: { headMs: 1000 },
    entrypoints: [
      {
        name: 'http',
        addresses: [{ host: '127.0.0.1', port }],
        transport: 'auto',
        redirect: undefined,
        ...(text === '' ? {} : { proxyProtocol: ['127.0.0.1'] }),
      },
    ],
  });
  onTestFinished(() => plane.stop());
  const client = await RawClient.open(port);
  const before = performance.now();
  client.send(text);
  await client.until(() => client.hasEnded, 'the end', 5000);
  const tookMs = performance.now() - before;
  expect(tookMs).toBeGreaterThan(900);
  expect(tookMs).toBeLessThan(3500);
  expect([client.received, (await plane.counters()).reasons]).toEqual(['', {}]);
  await vi.waitFor(() => expect(plane.openConnections()).toBe(0), { timeout: 3000 });
});

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { portOwner } from '../../../src/control/port-owner.ts';
import { probeAddresses } from '../../../src/control/probe-addresses.ts';
import type { EntrypointConfig } from '../../../src/config/static-config.ts';
import { freePort } from '../../support/free-port.ts';

async function taken(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function entrypoint(port: number, host = '127.0.0.1'): EntrypointConfig {
  return { name: 'http', addresses: [{ host, port }], transport: 'plain', redirect: undefined };
}

test('free addresses have no fault', async () => {
  expect(await probeAddresses([entrypoint(await freePort())], { host: '127.0.0.1', port: await freePort() })).toEqual(
    [],
  );
});

test('a taken port is named with its program and the way out, each address for itself', async () => {
  const [first, second] = [await taken(), await taken()];
  const faults = await probeAddresses([entrypoint(first)], { host: '127.0.0.1', port: second });
  expect(faults).toHaveLength(2);
  expect(faults[0]).toContain(`entrypoint http: 127.0.0.1:${first} is already in use by `);
  expect(faults[0]).toContain(`(pid ${process.pid})`);
  expect(faults[0]).toContain('choose another port');
  expect(faults[1]).toContain('admin address');
});

test('an address of another machine is named', async () => {
  expect(await probeAddresses([entrypoint(await freePort(), '192.0.2.1')], undefined)).toEqual([
    expect.stringContaining('is not an address of this machine'),
  ]);
});

test('a free port has no owner', async () => {
  expect(await portOwner(await freePort())).toBeUndefined();
});

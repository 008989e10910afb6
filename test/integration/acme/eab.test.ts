import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { caKey } from '../../../src/certs/certificate-spec.ts';
import { problemAnswer } from '../../support/ca-extras.ts';
import { movableClock, startCaLab, type CaLab } from '../../support/ca-lab.ts';
import { startCaProxy, type CaProxy } from '../../support/ca-proxy.ts';
import { eventually } from '../../support/certificate-bench.ts';
import { startPebble } from '../../support/pebble.ts';

const EAB = { kid: 'kid-1', hmacKey: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };

type PebbleLike = { readonly eab?: typeof EAB };

/** Two CAs behind proxies of their own; the options say what they are like. */
async function startTwo(
  stack: AsyncDisposableStack,
  first: PebbleLike,
  second: PebbleLike,
): Promise<{ readonly lab: CaLab; readonly other: CaProxy }> {
  const lab = stack.adopt(await startCaLab({ pebble: first }), (part) => part.stop());
  const { listenerCa } = lab.pebble;
  const options = { dnsServer: lab.dns.address, httpPort: lab.responder.port, listenerCa, ...second };
  const pebble = stack.adopt(await startPebble(options), (part) => part.stop());
  return { lab, other: stack.adopt(await startCaProxy(pebble), (part) => part.stop()) };
}

/** Whether each new account was bound to one made beforehand. */
const bindings = ({ requests }: CaProxy): readonly boolean[] =>
  requests.flatMap(({ path, payload }) =>
    path === '/sign-me-up' ? JSON.stringify(payload).includes('externalAccountBinding') : [],
  );

test('the test CA never sees the account that was made at the CA itself', { timeout: 60_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const { lab, other } = await startTwo(stack, { eab: EAB }, {});
  const clock = movableClock();
  lab.dead.add('bound.test');
  const testDirectory = { of: lab.proxy.directoryUrl, url: other.directoryUrl };
  const run = await lab.run(['bound.test'], { clock, acme: { testDirectory, eab: EAB } });
  await eventually(() => expect(run.status('bound.test')).toMatchObject({ failures: 1 }));
  clock.advance(120_000);
  await eventually(() => expect(run.status('bound.test')).toMatchObject({ failures: 2 }));
  expect([bindings(lab.proxy), bindings(other)]).toEqual([[true], [false]]);
});

test('of several CAs only the one that asks for it gets it', { timeout: 60_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const { lab, other } = await startTwo(stack, {}, { eab: EAB });
  lab.proxy.fail('/order-plz', problemAnswer(400, 'rejectedIdentifier'));
  const directories = [lab.proxy.directoryUrl, other.directoryUrl];
  const run = await lab.run(['two.test'], { acme: { directories, eab: EAB } });
  await eventually(() => expect(run.serving('two.test')?.source).toBe('acme'));
  expect([bindings(lab.proxy), bindings(other)]).toEqual([[false], [true]]);
  await run.manager.stop();

  const again = await lab.run(['more.test'], { acme: { directories, eab: EAB }, dataDir: run.dataDir });
  await eventually(() => expect(again.serving('more.test')?.source).toBe('acme'));
  expect([bindings(lab.proxy), bindings(other)]).toEqual([[false], [true]]);
});

test('an account that was taken over stays, although it does not say what it is bound to', async () => {
  await using stack = new AsyncDisposableStack();
  const lab = stack.adopt(await startCaLab({ pebble: { eab: EAB } }), (part) => part.stop());
  const run = await lab.run(['before.test'], { acme: { eab: EAB } });
  await eventually(() => expect(run.serving('before.test')?.source).toBe('acme'));
  await run.manager.stop();
  const file = join(run.dataDir, 'acme', 'ca', caKey(lab.proxy.directoryUrl), 'account.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), eabKid: undefined }));
  const again = await lab.run(['after.test'], { acme: { eab: EAB }, dataDir: run.dataDir });
  await eventually(() => expect(again.serving('after.test')?.source).toBe('acme'));
  expect(bindings(lab.proxy)).toEqual([true]);
});

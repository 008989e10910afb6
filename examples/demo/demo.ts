import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSite } from './checks.ts';
import { createCleanup, type Cleanup } from './cleanup.ts';
import { openBaseImage, openEngine } from './demo-engine.ts';
import { SITE, startStack, type DemoStack } from './demo-stack.ts';
import { createNarrator, type Narrator } from './narrator.ts';

const USAGE = 'usage: npm run demo [-- --once]\n  --once  check the site and end with exit code 0, or 1 and the reason';

const print = (line: string) => console.log(line);
const interruption = new AbortController();
const narrator = createNarrator(print, () => performance.now(), interruption.signal);
const cleanup = createCleanup(narrator.say);
const interrupted = Promise.withResolvers<number>();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => {
    interruption.abort(new Error('interrupted'));
    interrupted.resolve(code);
  });
}
const running = main(process.argv.slice(2));
process.exitCode = await Promise.race([running, interrupted.promise]);
narrator.say('cleaning up');
await cleanup.run();
// An interrupted step may have gone on and made something more.
await running;
await cleanup.run();
process.exit();

async function main(args: readonly string[]): Promise<number> {
  const isOnce = args[0] === '--once';
  if (args.length > (isOnce ? 1 : 0)) {
    print(USAGE);
    return 2;
  }
  try {
    const engine = await openEngine(narrator, cleanup);
    await openBaseImage(engine.host, narrator, cleanup);
    const stack = await startStack(engine, narrator, cleanup);
    await checkSite(stack, narrator);
    if (isOnce) return 0;
    await showHowToTry(stack, narrator, cleanup);
    return await interrupted.promise;
  } catch (error) {
    if (!interruption.signal.aborted) narrator.say(`failed: ${(error as Error).message}${causeOf(error)}`);
    return 1;
  }
}

async function showHowToTry(stack: DemoStack, narrator: Narrator, cleanup: Cleanup): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  cleanup.add('the root certificate', () => rm(folder, { recursive: true, force: true }));
  const rootFile = join(folder, 'root.pem');
  await writeFile(rootFile, await stack.pebble.rootPem());
  const [httpPort, httpsPort] = [stack.http, stack.https].map((address) => address.split(':').at(-1));
  narrator.say('try it:');
  print(`
  curl --cacert ${rootFile} --resolve ${SITE}:${httpsPort}:127.0.0.1 https://${SITE}:${httpsPort}/
  curl -i --resolve ${SITE}:${httpPort}:127.0.0.1 http://${SITE}:${httpPort}/

Ctrl-C ends the demo and removes what it made.
`);
}

function causeOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? `\n           because: ${cause.message}` : '';
}

import { existsSync } from 'node:fs';
import { startEngine, useEngine, type Engine } from '../../test/support/lab/engine.ts';
import { baseImageName, ensureBaseImage, hasImage } from '../../test/support/lab/images.ts';
import { runCommand } from '../../test/support/lab/shell.ts';
import type { Cleanup } from './cleanup.ts';
import type { Narrator } from './narrator.ts';

const USUAL_SOCKET = '/var/run/docker.sock';

/** The engine of DOCKER_HOST, else the one at the usual socket, else a private one that goes with the demo. */
export async function openEngine(narrator: Narrator, cleanup: Cleanup): Promise<Engine> {
  const named = process.env['DOCKER_HOST'];
  if (named !== undefined) return narrator.step(`the engine at ${named} answers`, () => useEngine(named));
  if (existsSync(USUAL_SOCKET)) {
    const usual = `unix://${USUAL_SOCKET}`;
    const found = await useEngine(usual).catch(() => undefined);
    if (found !== undefined) {
      narrator.say(`the engine at ${usual} answers`);
      return found;
    }
  }
  const engine = await narrator.step('a private Docker engine runs', startEngine);
  cleanup.add('the private engine', engine.stop);
  return engine;
}

/** Makes sure of the Dockerfile's base image: there already, from the registry, or made of this machine's Node. */
export async function openBaseImage(host: string, narrator: Narrator, cleanup: Cleanup): Promise<string> {
  const name = baseImageName();
  if (await hasImage(host, name)) return name;
  const remove = () => runCommand('docker', ['-H', host, 'rmi', name]);
  const isPulled = await runCommand('timeout', ['60', 'docker', '-H', host, 'pull', '--quiet', name]).then(
    () => true,
    () => false,
  );
  if (isPulled) narrator.say(`base image ${name} pulled`);
  else await narrator.step(`base image ${name} made of this machine's Node`, () => ensureBaseImage(host));
  cleanup.add('the base image', remove);
  return name;
}

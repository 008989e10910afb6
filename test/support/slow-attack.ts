import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Runs slowhttptest to its end; returns what it printed, without colours. It ends by its own time limit. */
export async function runAttack(args: readonly string[]): Promise<string> {
  const child = spawn('slowhttptest', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await once(child, 'close');
  process.off('exit', killWithUs);
  return output.replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, '');
}

const LISTENING = '0A';
const TIME_WAIT = '06';

/** Connections that clients with this address have at a port of loopback, as the kernel counts them; closed ones do not count. */
export function connectionsAt(port: number, client: string): number {
  const local = `:${hex(port, 4)}`;
  const remote = `${client
    .split('.')
    .reverse()
    .map((byte) => hex(Number(byte), 2))
    .join('')}:`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, from, to, state]) =>
        from?.endsWith(local) === true && to?.startsWith(remote) === true && state !== LISTENING && state !== TIME_WAIT,
    ).length;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

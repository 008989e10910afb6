import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Command whose output becomes the input of this one. */
  readonly inputFrom?: readonly [command: string, ...args: string[]];
}

/** Runs a command to its end and returns what it printed. Fails with its error output when it does not exit with 0. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const source = options.inputFrom;
  const producer = source && spawn(source[0], source.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [producer?.stdout ?? 'ignore', 'pipe', 'pipe'],
  });
  // The child holds its own copy of the pipe; ours would keep the producer waiting if the child ended early.
  producer?.stdout?.destroy();
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) {
    const tail = (errors.join('') || output.join('')).trim().slice(-4000);
    throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}: ${tail}`);
  }
  return output.join('');
}

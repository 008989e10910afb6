import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The program of `clients.ts` in one of its modes, on core 1. */
export interface ClientProgram extends AsyncDisposable {
  /** Its first line. */
  readonly firstLine: string;
  /** Asks for its figures. */
  ask(): Promise<string>;
}

/** Starts it and resolves with its first line; rejects when it ends before. */
export async function startClients(mode: string, options: object): Promise<ClientProgram> {
  const program = fileURLToPath(new URL('clients.ts', import.meta.url));
  const child = spawn('taskset', ['-c', '1', process.execPath, program, mode, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the clients (${mode}) ended`);
    return value;
  };
  return {
    firstLine: await nextLine(),
    ask: () => {
      child.stdin.write('\n');
      return nextLine();
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

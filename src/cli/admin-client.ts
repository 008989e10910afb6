import { request } from 'undici';
import type { ListenAddress } from '../config/static-config.ts';

/** Asks the running router at its admin address. */
export interface AdminClient {
  /** Rows that have this key. */
  get(path: string, key: string): Promise<readonly unknown[]>;
  /** An object that has this key, or `error`. */
  post(path: string, body: object, key: string): Promise<unknown>;
}

/** The router cannot be asked; the message says where it was looked for, and what to do. */
export class AdminUnreachable extends Error {}

/**
 * A client of the admin address for a command; the answers are what the JSON says. Calls reject with an `AdminUnreachable` when
 * nobody answers, or something that is no router. Throws one when the address is off.
 */
export function createAdminClient(command: string, admin: ListenAddress | undefined): AdminClient {
  if (admin === undefined) {
    throw new AdminUnreachable(`${command} asks at the admin address, and it is off; remove --admin off`);
  }
  const host = admin.host === undefined || admin.host === '0.0.0.0' || admin.host === '::' ? '127.0.0.1' : admin.host;
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${admin.port}`;
  const ask = async <Answer>(
    path: string,
    body: object | undefined,
    isAnswer: (answer: unknown) => answer is Answer,
  ): Promise<Answer> => {
    try {
      const answer = await request(`${origin}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headersTimeout: 10_000,
      });
      const said = await answer.body.json();
      if (!isAnswer(said)) throw new Error('what answers there is something else');
      return said;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AdminUnreachable(`no router at ${origin}: ${reason}\nstart it, or name its address with --admin`);
    }
  };
  return {
    get: (path, key) => ask(path, undefined, (said) => Array.isArray(said) && said.every((row) => hasKey(row, key))),
    post: (path, body, key) => ask(path, body, (said): said is object => hasKey(said, key) || hasKey(said, 'error')),
  };
}

function hasKey(value: unknown, key: string): value is object {
  return typeof value === 'object' && value !== null && key in value;
}

/** Runs a command that asks the router: exit code 2 and the reason when it cannot be reached. */
export async function askRouter(
  command: string,
  admin: ListenAddress | undefined,
  { err, run }: { readonly err: (text: string) => void; readonly run: (client: AdminClient) => Promise<number> },
): Promise<number> {
  try {
    return await run(createAdminClient(command, admin));
  } catch (error) {
    if (!(error instanceof AdminUnreachable)) throw error;
    err(`${error.message}\n`);
    return 2;
  }
}

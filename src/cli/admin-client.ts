import { request } from 'undici';
import type { ListenAddress } from '../config/static-config.ts';

/** Asks the running router at its admin address. */
export interface AdminClient {
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
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
  const ask = async (path: string, body: object | undefined): Promise<unknown> => {
    try {
      const answer = await request(`${origin}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headersTimeout: 10_000,
      });
      return await answer.body.json();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AdminUnreachable(`no router at ${origin}: ${reason}\nstart it, or name its address with --admin`);
    }
  };
  return { get: (path) => ask(path, undefined), post: ask };
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

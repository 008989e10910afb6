import { request } from 'node:http';
import type { ListenAddress } from '../config/static-config.ts';

const TIMEOUT_MS = 3000;

/**
 * `sluice healthcheck`: exit code 0 when the router behind the admin address says that every worker listens, else 1 with the
 * reason.
 */
export async function runHealthcheck(admin: ListenAddress | undefined, out: (text: string) => void): Promise<number> {
  if (admin === undefined) {
    out('healthcheck needs the admin address, and it is off; remove --admin off\n');
    return 1;
  }
  const host = admin.host === undefined || admin.host === '0.0.0.0' ? '127.0.0.1' : admin.host;
  const result = await ask(host, admin.port);
  if (result === 'ok') return 0;
  out(`${result}\n`);
  return 1;
}

function ask(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: '/healthz', timeout: TIMEOUT_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'ok' : `the router answers ${response.statusCode}: it is not ready yet`);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    asked.on('error', (error) => resolve(`no router at ${host}:${port}: ${error.message}`));
    asked.end();
  });
}

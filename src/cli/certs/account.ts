import type { CaStatus } from '../../certs/ca-status.ts';
import type { ListenAddress } from '../../config/static-config.ts';
import { askRouter } from '../admin-client.ts';
import type { CommandStreams } from '../command-streams.ts';

/**
 * `sluice certs account`: the accounts of the running router, for CAA records (RFC 8657) and for the CA's support. With `isNewKey` the
 * account at the first CA gets a new key (RFC 8555 7.3.5). Exit code 0, 1 when there is none or the CA refuses, 2 when the router
 * cannot be asked.
 */
export function showAccount(
  isNewKey: boolean,
  admin: ListenAddress | undefined,
  { out, err }: CommandStreams,
): Promise<number> {
  return askRouter('certs account', admin, {
    err,
    run: async (client) => {
      if (isNewKey) {
        const answer = (await client.post('/api/acme/roll-key', {}, 'account')) as
          | { readonly account: string }
          | { readonly error: string };
        if ('error' in answer) {
          err(`sluice: ${answer.error}\n`);
          return 1;
        }
        out(`${answer.account} has a new key\n`);
        return 0;
      }
      const cas = (await client.get('/api/acme', 'directory')) as readonly CaStatus[];
      for (const { directory, account } of cas) out(`${directory}  ${account ?? 'no account yet'}\n`);
      if (cas.length === 0) err('sluice: no CA is in use\n');
      return cas.length === 0 ? 1 : 0;
    },
  });
}

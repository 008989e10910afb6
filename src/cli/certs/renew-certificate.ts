import type { ListenAddress } from '../../config/static-config.ts';
import { askRouter } from '../admin-client.ts';
import type { CommandStreams } from '../command-streams.ts';

type RenewAnswer =
  | { readonly certificates: readonly { readonly names: readonly string[]; readonly state: 'started' | 'running' }[] }
  | { readonly error: string };

/**
 * `sluice certs renew NAME`: has the running router order a new certificate now, whatever the old one's age and earlier failures.
 * Exit code 0 when the order was begun, 1 when no router wants such a certificate, 2 when the router cannot be asked.
 */
export function renewCertificate(
  name: string,
  admin: ListenAddress | undefined,
  { out, err }: CommandStreams,
): Promise<number> {
  return askRouter('certs renew', admin, {
    err,
    run: async (client) => {
      const answer = (await client.post('/api/certificates/renew', { name }, 'certificates')) as RenewAnswer;
      if ('error' in answer) {
        err(`sluice: ${answer.error}\n`);
        return 1;
      }
      for (const { names, state } of answer.certificates) {
        const begins = state === 'started' ? 'ordering' : 'already ordering';
        out(`${begins} a certificate for ${names.join(', ')}; \`sluice certs\` shows what becomes of it\n`);
      }
      return 0;
    },
  });
}

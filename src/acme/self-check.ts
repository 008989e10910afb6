import type { EntrypointConfig, ListenAddress } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import type { Http01Challenge } from '../protocol.ts';
import { requestChallenge } from './self-request.ts';

/** Asks our own listener for a challenge, as a CA would: what stands in its way here stands there too (acme.md 13.1). */
export type SelfCheck = (challenge: Http01Challenge) => Promise<string | undefined>;

const HTTP_PORT = 80;

/**
 * Checks over loopback, by the entrypoint on port 80 or the first plain one. Answers the fault; only a wrong answer is one, for
 * what cannot be asked proves nothing. `undefined` when no entrypoint can be asked.
 */
export function createSelfCheck(entrypoints: readonly EntrypointConfig[], logger: Logger): SelfCheck | undefined {
  const usable = entrypoints.filter(
    ({ transport, proxyProtocol = [] }) => transport !== 'tls' && proxyProtocol.length === 0,
  );
  const addresses = usable.flatMap((one) => one.addresses);
  const address = addresses.find(({ port }) => port === HTTP_PORT) ?? addresses[0];
  if (address === undefined) return undefined;
  const at = { host: loopbackOf(address), port: address.port };
  return async (challenge) => {
    const { kind, detail } = await requestChallenge(challenge, at);
    if (kind === 'other') return `${at.host}:${at.port} answers the challenge for ${challenge.host} with ${detail}`;
    if (kind !== 'ours') logger.debug({ ...at, reason: detail }, 'own listener could not be asked for a challenge');
    return undefined;
  };
}

/** Every address means loopback as well. */
function loopbackOf({ host }: ListenAddress): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

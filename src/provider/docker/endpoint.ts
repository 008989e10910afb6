/** Where an engine listens. */
export type DockerEndpoint =
  | { readonly type: 'socket'; readonly path: string }
  | {
      readonly type: 'address';
      readonly protocol: 'http' | 'https';
      readonly host: string;
      readonly port: number;
    };

const FORMS = 'use unix:///path, tcp://host:port, http://host:port or https://host:port';
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * Reads `--docker` (or DOCKER_HOST). `tcp://` is TLS when there is a folder of certificates, as with the docker command.
 * Throws an error that names the value and the forms it may have.
 */
export function parseDockerEndpoint(endpoint: string, hasCertificates: boolean): DockerEndpoint {
  const socket = /^unix:\/\/(\/.+)$/.exec(endpoint);
  if (socket !== null) return { type: 'socket', path: socket[1] ?? '' };
  const url = URL.parse(endpoint);
  const scheme = url?.protocol.slice(0, -1) ?? '';
  const isPlain = url !== null && /^\/?$/.test(url.pathname) && url.search === '' && url.username === '';
  if (!isPlain || !['tcp', 'http', 'https'].includes(scheme) || url.hostname === '') {
    throw new Error(`--docker: cannot use '${endpoint}': ${FORMS}`);
  }
  if (scheme === 'http' && hasCertificates) {
    throw new Error(
      `--docker: '${endpoint}' is plain HTTP, but --docker-cert-path is set: use https:// or drop the path`,
    );
  }
  const protocol = scheme === 'https' || (scheme === 'tcp' && hasCertificates) ? 'https' : 'http';
  return {
    type: 'address',
    protocol,
    // An IPv6 address stands in brackets inside a URL only.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort(scheme, protocol) : Number(url.port),
  };
}

/** `new URL` drops a port that is its scheme's own, so 80 and 443 mean those for http and https. */
function defaultPort(scheme: string, protocol: 'http' | 'https'): number {
  if (scheme === 'tcp') return protocol === 'https' ? TLS_PORT : PLAIN_PORT;
  return protocol === 'https' ? 443 : 80;
}

import { readKeyFile } from './acme-dns-options.ts';
import {
  DEFAULT_DNS_SETTLE_MS,
  type DnsConfig,
  type DnsWriter,
  isSecret,
  parseServer,
  parseWebhook,
  TSIG_ALGORITHMS,
  type TsigKey,
} from './dns-config.ts';

type Env = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string;

/** What its users rely on when they set nothing. */
const DEFAULT_WAIT_S = 60;
const DEFAULT_TTL_S = 120;

/** What a person wrote cannot be used: which variable, and what to write. */
export interface LegoFault {
  readonly source: string;
  readonly message: string;
}

const WAYS = 'exec, httpreq and rfc2136 are built in: a program or a web hook for exec or httpreq can call any other';

/**
 * The three DNS providers of Traefik that need nobody's account, with the variables that Traefik's ACME library has for them. A
 * variable may name a file instead, with `_FILE` behind its name. `undefined` for other providers.
 */
export function readLegoDns(provider: string, env: Env, readFile: ReadFile): DnsConfig | LegoFault | undefined {
  const faults: LegoFault[] = [];
  const get = (name: string): string | undefined => {
    const path = env[`${name}_FILE`];
    if (env[name] || !path) return env[name] || undefined;
    try {
      return readFile(path).trim();
    } catch {
      faults.push({ source: `${name}_FILE`, message: `${path} cannot be read` });
      return undefined;
    }
  };
  const writer = readWriter(provider, get, readFile);
  if (faults[0] !== undefined) return faults[0];
  if (writer === undefined || 'message' in writer) return writer;
  const prefix = provider.toUpperCase();
  if (get(`${prefix}_MODE`) === 'RAW') {
    return { source: `${prefix}_MODE`, message: 'RAW is not supported: leave it out' };
  }
  const seconds = Number(get(`${prefix}_PROPAGATION_TIMEOUT`) ?? DEFAULT_WAIT_S);
  const waitMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_WAIT_S) * 1000;
  return { writer, waitMs, settleMs: DEFAULT_DNS_SETTLE_MS };
}

/** A notice for a provider that is not one of ours. */
export function describeForeignProvider(source: string, provider: string): string {
  return `${source}: DNS provider ${provider} is not built in, so wildcards stay with the local authority; ${WAYS}`;
}

type Get = (name: string) => string | undefined;

function readWriter(provider: string, get: Get, readFile: ReadFile): DnsWriter | LegoFault | undefined {
  switch (provider) {
    case 'exec': {
      const path = get('EXEC_PATH');
      return path === undefined
        ? { source: 'EXEC_PATH', message: 'it must name the program that writes the records' }
        : { kind: 'exec', path };
    }
    case 'httpreq': {
      const username = get('HTTPREQ_USERNAME');
      const password = get('HTTPREQ_PASSWORD');
      const login = username === undefined || password === undefined ? undefined : { username, password };
      const writer = parseWebhook(get('HTTPREQ_ENDPOINT') ?? '', login);
      return 'message' in writer
        ? { source: 'HTTPREQ_ENDPOINT', message: 'it must be the URL of the web hook' }
        : writer;
    }
    case 'rfc2136':
      return readRfc2136(get, readFile);
    default:
      return undefined;
  }
}

function readRfc2136(get: Get, readFile: ReadFile): DnsWriter | LegoFault {
  const server = parseServer(get('RFC2136_NAMESERVER') ?? '');
  if (server === undefined)
    return { source: 'RFC2136_NAMESERVER', message: 'it must be the name server: host or host:port' };
  const tsig = readTsig(get, readFile);
  if (tsig !== undefined && 'message' in tsig) return tsig;
  const ttl = Number(get('RFC2136_TTL') ?? DEFAULT_TTL_S);
  return {
    kind: 'rfc2136',
    ...server,
    zone: undefined,
    tsig,
    ttl: Number.isInteger(ttl) && ttl >= 0 ? ttl : DEFAULT_TTL_S,
  };
}

function readTsig(get: Get, readFile: ReadFile): TsigKey | LegoFault | undefined {
  const file = get('RFC2136_TSIG_FILE');
  if (file !== undefined) {
    const key = readKeyFile(file, readFile);
    return typeof key === 'string' ? { source: 'RFC2136_TSIG_FILE', message: `${file} ${key}` } : key;
  }
  const name = get('RFC2136_TSIG_KEY');
  const secret = get('RFC2136_TSIG_SECRET');
  // Half a key is no key, as there.
  if (name === undefined || secret === undefined) return undefined;
  const wanted = (get('RFC2136_TSIG_ALGORITHM') ?? 'hmac-sha1').replace(/\.$/, '').toLowerCase();
  const algorithm = TSIG_ALGORITHMS.find((one) => one === wanted);
  if (algorithm === undefined) {
    return { source: 'RFC2136_TSIG_ALGORITHM', message: `${wanted} is none of ${TSIG_ALGORITHMS.join(', ')}` };
  }
  if (!isSecret(secret)) return { source: 'RFC2136_TSIG_SECRET', message: 'it is not Base64' };
  return { name: name.replace(/\.$/, ''), secret, algorithm };
}

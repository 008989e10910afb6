/** `flag` needs no value on the command line; `list` adds up when it is repeated. */
export type StaticOptionType = 'text' | 'list' | 'flag';

/** One static option of ours: the only source of its flag, its variable and its documentation. */
export interface StaticOption {
  /** `--name`, `SLUICE_NAME`, `name:` in a file. */
  readonly name: string;
  readonly type: StaticOptionType;
  readonly fallback: string;
  readonly meaning: string;
}

type Row = readonly [name: string, type: StaticOptionType, fallback: string, meaning: string];

const ROWS: readonly Row[] = [
  ['config', 'text', 'none', 'YAML file with any of these options'],
  ['http', 'list', '`:80`', 'plain entrypoint, one or more addresses; `off`'],
  ['https', 'list', '`:443`', 'TLS entrypoint, one or more addresses; `off`'],
  ['docker', 'text', '`$DOCKER_HOST` or `unix:///var/run/docker.sock`', 'Docker engine; `off`'],
  [
    'docker-cert-path',
    'text',
    '`$DOCKER_CERT_PATH`',
    'folder with `ca.pem`, `cert.pem`, `key.pem` for a `tcp://` engine',
  ],
  ['file', 'text', 'none', 'YAML file, or folder of them, with services without containers'],
  ['data', 'text', '`/data` in the image, else `./.sluice`', 'certificates and the account'],
  [
    'certs',
    'text',
    '`certs` in `data`, if it is there',
    'folder with certificates of your own, watched: `x.crt` with `x.key`, `fullchain.pem` with `privkey.pem`, one `.pem` with both, `.p12`',
  ],
  ['tls-min-version', 'text', '`1.2`', 'lowest version of TLS where no TLS options say another; `1.3`'],
  [
    'tls-ciphers',
    'list',
    'modern ones',
    'suites of TLS 1.2 where no TLS options say others, by names of OpenSSL or IANA',
  ],
  [
    'local-domains',
    'list',
    'none',
    'domains that the local authority may sign beside names of private networks; another list makes another root',
  ],
  ['domain', 'text', 'none', 'gives every labelled service without host `SERVICE.DOMAIN`'],
  ['acme-ca', 'list', '`letsencrypt`', 'directory URL or a name; the second is the fallback; `internal`, `off`'],
  ['acme-email', 'text', 'none', 'contact of the account'],
  ['acme-eab-kid', 'text', 'none', 'key id of an external account'],
  ['acme-eab-key', 'text', 'none', 'HMAC key of an external account, base64url'],
  ['acme-profile', 'text', 'none', 'certificate profile of the CA'],
  ['acme-key-type', 'text', '`ec256`', 'keys of certificates: `ec256`, `ec384`, `rsa2048`, `rsa4096`'],
  [
    'acme-staging',
    'text',
    '`auto`',
    "directory URL where a name is proved after a failed validation; `auto`: Let's Encrypt's own; `off`",
  ],
  [
    'acme-ask',
    'text',
    'none',
    'URL that is asked (`GET URL?domain=NAME`) before a certificate on demand: 200 allows it; see the label `tls.ondemand`',
  ],
  ['acme-ca-root', 'text', 'none', 'PEM file with an extra trust root for the directory'],
  [
    'acme-challenge',
    'list',
    '`http-01,tls-alpn-01`, those that an entrypoint can answer',
    'challenges to use, in order: `http-01` (port 80), `tls-alpn-01` (port 443), `dns-01`; after a refusal the next one is tried',
  ],
  [
    'acme-dns',
    'text',
    'none',
    'who writes TXT records, for wildcards and as the last challenge: `exec:/program`, `webhook:https://user:password@host/path`, `rfc2136://server:53?zone=example.com&ttl=60`',
  ],
  [
    'acme-dns-wait',
    'text',
    '`2m`',
    'how long the authoritative servers may take to show a TXT record; `0`: nobody looks',
  ],
  ['acme-dns-tsig-name', 'text', 'none', 'name of the key that signs updates of `rfc2136:`'],
  ['acme-dns-tsig-secret', 'text', 'none', 'its secret, Base64'],
  [
    'acme-dns-tsig-algorithm',
    'text',
    '`hmac-sha256`',
    '`hmac-sha1`, `hmac-sha224`, `hmac-sha256`, `hmac-sha384`, `hmac-sha512`',
  ],
  ['acme-dns-tsig-file', 'text', 'none', 'all three, in a file as `tsig-keygen` writes it'],
  ['dns-resolvers', 'list', "the system's", 'DNS servers (`ip[:port]`) that are asked before an order and for DNS-01'],
  [
    'public-address',
    'list',
    "the interfaces'",
    'addresses by which the world reaches this server, to tell names that point elsewhere',
  ],
  ['trusted-proxies', 'list', 'none', 'networks whose forwarded headers are believed'],
  [
    'proxy-protocol',
    'list',
    'none',
    'networks whose connections must begin with a PROXY header (v1 or v2), on every entrypoint; without one they are destroyed',
  ],
  ['max-connections', 'text', '`20000`', 'open connections of clients, all workers together; `0`: no limit'],
  [
    'max-connections-per-address',
    'text',
    '`512`',
    'of them from one address (IPv6: one /64), but for listed proxies; `0`: no limit',
  ],
  ['head-timeout', 'text', '`10s`', 'a whole request head; else 408'],
  ['body-timeout', 'text', '`60s`', 'no byte of a request body; else 408'],
  ['min-body-rate', 'text', '`500`', 'bytes a second of a request body, after 10 s; `0`: no minimum'],
  ['keepalive-timeout', 'text', '`75s`', 'idle connection of a client'],
  ['keepalive-requests', 'text', '`10000`', 'requests on one connection of a client'],
  ['write-timeout', 'text', '`60s`', 'a client that reads nothing of its response'],
  ['tunnel-timeout', 'text', '`1h`', 'a WebSocket without a byte in either direction'],
  ['max-head', 'text', '`32768`', 'bytes of a request head; more is 431'],
  ['max-request-line', 'text', '`16384`', 'bytes of a request line; more is 414'],
  ['max-fields', 'text', '`100`', 'field lines of a request head; more is 431'],
  ['http2', 'flag', '`true`', 'offer HTTP/2 over TLS; `false`: HTTP/1.1 only'],
  [
    'h2c',
    'flag',
    '`false`',
    'plain entrypoints take HTTP/2, too, from clients that begin with it (prior knowledge); never by `Upgrade`',
  ],
  ['allow-foreign-servers', 'flag', '`false`', 'labels may name servers elsewhere by URL'],
  ['admin', 'text', '`127.0.0.1:8090`', 'admin address: health, state and explanations as JSON; `off`'],
  ['workers', 'text', 'cores', 'data-plane threads'],
  ['log-level', 'text', '`info`', '`trace`, `debug`, `info`, `warn`, `error`, `fatal`'],
  ['log-format', 'text', '`json`, `pretty` on a terminal', '`json`, `pretty`'],
  ['access-log', 'text', '`off`', '`off`, `json`, `common`'],
  ['grace', 'text', '`10s`', 'how long a stop waits for running requests'],
];

/** Every static option of ours (design section 7). */
export const STATIC_OPTIONS: readonly StaticOption[] = ROWS.map(([name, type, fallback, meaning]) => {
  return { name, type, fallback, meaning };
});

/** By what the CA's text says, most telling first: the same type has several causes. */
const BY_TEXT: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/self-service|unpause/i, 'the CA paused this name after many failures: open the link in its message to resume'],
  [/already issued for this exact set/i, 'keep the data folder on a volume: a lost certificate is ordered again'],
  [/secondary validation/i, 'a firewall lets only some regions in: the CA asks from several continents'],
  [
    /NXDOMAIN|no valid A records|no such host|could not resolve/i,
    'create a DNS record (A or AAAA) for this name that points to this server',
  ],
  [
    /firewall|timeout during connect|connection refused|connect: /i,
    'open ports 80 and 443 of this server to the internet',
  ],
  [
    /\b404\b|\b30[1278]\b|invalid response/i,
    'the name leads to another web server: check its DNS records, AAAA as well',
  ],
];

const BY_TYPE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    connection: 'open ports 80 and 443 of this server to the internet, and check that the name points to it',
    dns: 'check the DNS records of this name and of its domain',
    tls: 'another program answers on port 443 of this name',
    unauthorized: 'the name leads to another server, or the account is not valid any more',
    incorrectResponse: 'the name leads to another web server: check its DNS records, AAAA as well',
    caa: "the domain's CAA record forbids this CA: allow it there, or use another with --acme-ca",
    rejectedIdentifier: 'this CA does not sign this name: use another CA, or sluice.tls=internal',
    unsupportedIdentifier: 'this CA does not sign names of this kind',
    externalAccountRequired: 'this CA wants an account made beforehand: set --acme-eab-kid and --acme-eab-key',
    invalidContact: 'check --acme-email',
    unsupportedContact: 'check --acme-email',
    userActionRequired: "open the CA's message: it asks for something only the account's owner can do",
    rateLimited: 'nothing to do: the order is repeated at the time the CA gave',
    invalidProfile: 'check --acme-profile',
    unreachable: "check this server's way to the internet: DNS, routes, firewall",
    timeout: "check this server's way to the internet: DNS, routes, firewall",
    untrusted: 'for a CA of your own name its root file with --acme-ca-root',
    garbage: 'check --acme-ca: the address must be an ACME directory',
    trust_root: 'check --acme-ca-root: the file must be readable and hold PEM certificates',
    challenge_missing: 'the CA offers no challenge that is enabled with --acme-challenge',
    certificate_wrong: 'check the clock of this machine; if it is right, ask the CA or use another with --acme-ca',
    waiting_dns: 'create a DNS record (A or AAAA) for this name that points to this server: it is noticed by itself',
    dns_record: 'check --acme-dns: what it calls must write the record that the text names',
    store: 'make the data folder writable: no order is made for a certificate that cannot be kept',
    order_slow: 'nothing to do: the CA is slow, the same order is asked for again',
    authorization_slow: 'nothing to do: the CA is slow, the same order is asked for again',
  }),
);

/** What a person can do about a failure, from its type and its text. */
export function describeHint(type: string, detail: string): string {
  const isAboutName =
    !BY_TYPE.has(type) || /^(connection|dns|tls|unauthorized|incorrectResponse|rateLimited)$/.test(type);
  const byText = isAboutName ? BY_TEXT.find(([pattern]) => pattern.test(detail))?.[1] : undefined;
  return byText ?? BY_TYPE.get(type) ?? 'nothing to do: it is tried again';
}

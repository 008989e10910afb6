import type { RuleNode } from '../rule/ast.ts';
import { signsAddresses } from '../config/acme-directories.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import { memo } from '../lib/memo.ts';
import { isCertificateName, isIpAddress, isLocalhost, isPublicName, parseHostname } from '../lib/hostname.ts';
import { hostsOf } from '../rule/hosts-of.ts';
import type { ListenerTls } from './listener.ts';
import type { WantedCertificate } from './snapshot.ts';

/** A TLS router, as far as certificates are concerned. */
export interface TlsRouter {
  readonly name: string;
  readonly containers: readonly string[];
  readonly matcher: RuleNode;
  readonly tls: ListenerTls;
}

/**
 * The certificates that routers need: one for each host (acme.md section 8), or the groups a router spells out. A host
 * that a group holds needs none of its own. Names no CA of ours can sign go to the local authority. A wildcard is
 * listed like any other name; it begins with `*.`, and only DNS-01 can obtain it.
 *
 * Only a group of the same container counts: one dead name fails its whole order, and must not cost others theirs.
 */
export function wantedCertificates(routers: readonly TlsRouter[], acme: AcmeConfig): readonly WantedCertificate[] {
  const wanted = new Map<string, Entry>();
  const want = (names: readonly string[], issuer: WantedCertificate['issuer'], router: TlsRouter): void => {
    const entry = wanted.getOrInsertComputed(names.join(' '), () => ({ names, issuer, routers: new Set() }));
    // One host has one certificate: a public one serves also whoever would be content with a local one.
    if (issuer === 'acme') entry.issuer = 'acme';
    entry.routers.add(router);
  };
  for (const router of routers) {
    for (const group of router.tls.domains) {
      const names = normalise(group);
      const signable = names.filter((name) => issuerFor(hostFacts(name), router.tls.issuer, acme) === 'acme');
      if (signable.length > 0) want(signable, 'acme', router);
      for (const host of names) if (!signable.includes(host)) want([host], 'internal', router);
    }
  }
  const groups = new Map<string, Entry[]>();
  for (const entry of wanted.values()) {
    if (entry.names.length < 2) continue;
    for (const name of entry.names) groups.getOrInsertComputed(name, () => []).push(entry);
  }
  for (const router of routers) {
    if (router.tls.domains.length > 0) continue;
    for (const host of certificateHosts(router.matcher)) {
      // Each host below it gets its own.
      if (router.tls.onDemand === true && host.name.startsWith('*.')) continue;
      const group = groups.get(host.name)?.find((one) => isOfSameContainer(one, router));
      if (group !== undefined) group.routers.add(router);
      else want([host.name], issuerFor(host, router.tls.issuer, acme), router);
    }
  }
  return [...wanted.values()]
    .map(({ names, issuer, routers: users }) => ({ names, issuer, routers: namesOf(users) }))
    .sort((left, right) => (left.names.join(' ') < right.names.join(' ') ? -1 : 1));
}

interface Entry {
  readonly names: readonly string[];
  issuer: WantedCertificate['issuer'];
  readonly routers: Set<TlsRouter>;
}

function isOfSameContainer({ routers }: Entry, { containers }: TlsRouter): boolean {
  return [...routers].some((router) => router.containers.some((container) => containers.includes(container)));
}

function namesOf(routers: ReadonlySet<TlsRouter>): readonly string[] {
  return [...new Set([...routers].map(({ name }) => name))].sort();
}

/** What decides who signs for a host. */
interface HostFacts {
  readonly name: string;
  readonly isCertificateName: boolean;
  readonly isLocalhost: boolean;
  readonly isAddress: boolean;
  readonly isPublic: boolean;
}

function hostFacts(name: string): HostFacts {
  return {
    name,
    isCertificateName: isCertificateName(name),
    isLocalhost: isLocalhost(name.replace(/^\*\./, '')),
    isAddress: isIpAddress(name),
    isPublic: isPublicName(name),
  };
}

const certificateHosts = memo((matcher: RuleNode): readonly HostFacts[] => {
  const { exact, wildcards } = hostsOf(matcher);
  return normalise([...exact, ...wildcards]).map(hostFacts);
});

/** Hosts of dead rules (with a port, a scheme, …) are no names at all and are left out. */
function normalise(hosts: readonly string[]): readonly string[] {
  return [...new Set(hosts.flatMap((host) => parseHostname(host) ?? []))].sort();
}

function issuerFor(host: HostFacts, asked: ListenerTls['issuer'], acme: AcmeConfig): WantedCertificate['issuer'] {
  if (asked === 'internal' || acme.directories.length === 0 || !host.isCertificateName) return 'internal';
  // A private CA decides itself what it signs, but nobody owns localhost.
  if (acme.customDirectory) return host.isLocalhost ? 'internal' : 'acme';
  // Let's Encrypt signs addresses with its short-lived profile only.
  if (host.isAddress && acme.profile !== 'shortlived' && !acme.directories.some(signsAddresses)) return 'internal';
  return host.isPublic ? 'acme' : 'internal';
}

import { expect, test } from 'vitest';
import { describeLimit, diagnose, type FindingKind, type NameFacts } from '../../../src/acme/diagnose.ts';
import type { SelfAnswer } from '../../../src/acme/self-request.ts';

const V4 = '93.184.216.34';
const V6 = '2606:2800:220:1::1';
const OURS = '8.8.8.8';
const BOTH: NameFacts['addresses'] = { kind: 'found', v4: [V4], v6: [V6], isPartial: false };
const ONLY_V4: NameFacts['addresses'] = { kind: 'found', v4: [V4], v6: [], isPartial: false };

const probe = (address: string, kind: SelfAnswer['kind'], detail = kind): NameFacts['probes'][number] => {
  return { address, answer: { kind, detail } };
};

test.for<{ name: string; facts: Partial<NameFacts>; kind: FindingKind | undefined; says?: string }>([
  {
    name: 'no address',
    facts: { addresses: { kind: 'absent', detail: 'there is no such name (NXDOMAIN)' } },
    kind: 'no-address',
    says: 'a.example.com does not resolve (there is no such name (NXDOMAIN))',
  },
  {
    name: 'CAA, though the port is silent too',
    facts: { caaFault: 'it allows nobody', probes: [probe(V4, 'timeout')] },
    kind: 'caa',
    says: 'it allows nobody; add "issue ca.test"',
  },
  {
    name: 'IPv6 silent, IPv4 ours',
    facts: { addresses: BOTH, probes: [probe(V4, 'ours'), probe(V6, 'timeout')] },
    kind: 'aaaa-wrong',
    says: `(${V6})`,
  },
  {
    name: 'IPv6 somebody else, IPv4 ours',
    facts: { addresses: BOTH, probes: [probe(V4, 'ours'), probe(V6, 'other')] },
    kind: 'aaaa-wrong',
  },
  {
    name: 'both ours, and the CA cannot connect',
    facts: { addresses: BOTH, probes: [probe(V4, 'ours'), probe(V6, 'ours')] },
    kind: 'firewall',
    says: 'only from inside',
  },
  {
    name: 'ours, and the CA met another answer',
    facts: { type: 'unauthorized', probes: [probe(V4, 'ours')] },
    kind: undefined,
  },
  {
    name: 'elsewhere, answered by another',
    facts: { ownAddresses: [OURS], probes: [probe(V4, 'other')] },
    kind: 'elsewhere',
    says: `points to ${V4}, this server is ${OURS}`,
  },
  { name: 'elsewhere, silent', facts: { ownAddresses: [OURS], probes: [probe(V4, 'timeout')] }, kind: 'elsewhere' },
  { name: 'elsewhere, nobody asked', facts: { ownAddresses: [OURS] }, kind: 'elsewhere' },
  {
    name: 'our address, answered by another',
    facts: { ownAddresses: [V4], probes: [probe(V4, 'other', 'other')] },
    kind: 'port-not-ours',
    says: 'answered by somebody else (other)',
  },
  {
    name: 'who we are is not known, answered by another',
    facts: { probes: [probe(V4, 'other')] },
    kind: 'port-not-ours',
  },
  {
    name: 'private addresses of ours say nothing',
    facts: { ownAddresses: ['10.0.0.1'], probes: [probe(V4, 'other')] },
    kind: 'port-not-ours',
  },
  {
    name: 'private addresses only',
    facts: { isReachable: () => false, probes: [] },
    kind: 'private-address',
    says: `points to ${V4}: addresses of private networks`,
  },
  {
    name: 'a private address beside a public one',
    facts: { addresses: BOTH, isReachable: (address) => address === V4, probes: [probe(V4, 'refused')] },
    kind: 'port-closed',
  },
  { name: 'silent', facts: { probes: [probe(V4, 'timeout')] }, kind: 'firewall', says: 'does not answer' },
  { name: 'closed', facts: { probes: [probe(V4, 'refused')] }, kind: 'port-closed' },
  { name: 'no way there', facts: { probes: [probe(V4, 'failed')] }, kind: undefined },
  { name: 'nothing known', facts: { addresses: { kind: 'unknown', detail: 'ETIMEOUT' } }, kind: undefined },
])('$name → $kind', ({ facts, kind, says }) => {
  const finding = diagnose({
    name: 'a.example.com',
    type: 'connection',
    isReachable: () => true,
    addresses: ONLY_V4,
    ownAddresses: [],
    probes: [],
    caaFault: undefined,
    caIdentities: ['ca.test'],
    ...facts,
  });
  expect(finding?.kind).toBe(kind);
  if (says !== undefined) expect(finding?.text).toContain(says);
});

test('a limit of the CA', () => {
  const { kind, text } = describeLimit(Date.UTC(2026, 10, 24));
  expect([kind, text]).toEqual(['ca-limit', expect.stringContaining('before 2026-11-24T00:00:00Z')]);
});

import { expect, test } from 'vitest';
import { describeHint } from '../../../src/acme/failure-hint.ts';

test.for([
  { type: 'dns', detail: 'DNS problem: NXDOMAIN looking up A for a.test', hint: /DNS record/ },
  { type: 'dns', detail: 'no valid A records found for a.test', hint: /DNS record/ },
  { type: 'dns', detail: 'SERVFAIL looking up CAA', hint: /DNS records of this name and of its domain/ },
  { type: 'connection', detail: 'Timeout during connect (likely firewall problem)', hint: /open ports 80 and 443/ },
  { type: 'connection', detail: 'During secondary validation: Timeout during connect', hint: /several continents/ },
  { type: 'unauthorized', detail: 'Invalid response from http://a.test/.well-known: 404', hint: /another web server/ },
  { type: 'unauthorized', detail: 'something new', hint: /another server/ },
  { type: 'rateLimited', detail: 'already issued for this exact set of identifiers', hint: /on a volume/ },
  { type: 'rateLimited', detail: 'use the self-service portal', hint: /open the link/ },
  { type: 'rateLimited', detail: 'too many', hint: /nothing to do/ },
  { type: 'caa', detail: 'CAA record prevents issuance', hint: /CAA record/ },
  { type: 'externalAccountRequired', detail: '', hint: /--acme-eab-kid/ },
  { type: 'unreachable', detail: 'ca.test cannot be reached: connect: refused', hint: /way to the internet/ },
  { type: 'untrusted', detail: 'self-signed', hint: /--acme-ca-root/ },
  { type: 'garbage', detail: 'not JSON', hint: /--acme-ca/ },
  { type: 'store', detail: '404', hint: /data folder/ },
  { type: 'nobody-knows', detail: '', hint: /tried again/ },
  { type: 'constructor', detail: '', hint: /tried again/ },
])('$type "$detail"', ({ type, detail, hint }) => {
  expect(describeHint(type, detail)).toMatch(hint);
});

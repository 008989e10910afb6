import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PassClientCertificateOptions } from '../../../src/config/middleware-options.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { fieldsOf, runMiddlewares } from '../../support/middleware-lab.ts';

const NOTHING: PassClientCertificateOptions = {
  type: 'passClientCertificate',
  pem: false,
  subject: [],
  issuer: [],
  serialNumber: false,
  notBefore: false,
  notAfter: false,
  names: false,
};
const CERT = 'x-forwarded-tls-client-cert';
const INFO = 'x-forwarded-tls-client-cert-info';

let named: X509Certificate;
let leaf: X509Certificate;

beforeAll(async () => {
  const ca = await createTestCa('DC=test, C=DE, ST=Hessen, L=Kassel, O=Acme\\, Inc., OU=Ops, CN=Fay \\"f\\" Doe');
  named = new X509Certificate(ca.rootPem);
  const issued = await issueCertificate(ca, { names: ['a.test', '192.0.2.1'], notBefore: 1000, notAfter: 2000 });
  leaf = new X509Certificate(issued.chainPem);
});

function told(
  options: Partial<PassClientCertificateOptions>,
  clientCertificate?: X509Certificate,
  head = 'GET / HTTP/1.1\r\n',
  peer = '192.0.2.1',
) {
  const shown = clientCertificate === undefined ? {} : { clientCertificate };
  const { sent } = runMiddlewares([{ ...NOTHING, ...options }], head, { tls: true, peer, ...shown });
  const fields = fieldsOf(sent);
  const info = fields[INFO];
  return { pem: fields[CERT], info: info === undefined ? undefined : decodeURIComponent(info.replaceAll('+', ' ')) };
}

describe('what the app is told', () => {
  test('the certificate', () => {
    expect(told({ pem: true }, leaf)).toEqual({ pem: leaf.raw.toString('base64'), info: undefined });
  });

  test.for<[Partial<PassClientCertificateOptions>, string]>([
    [{ subject: ['CN'] }, 'Subject="CN=Fay \\"f\\" Doe"'],
    [{ subject: ['DC', 'C', 'ST', 'L', 'O', 'OU'] }, 'Subject="DC=test,C=DE,ST=Hessen,L=Kassel,O=Acme\\, Inc.,OU=Ops"'],
    [{ issuer: ['C', 'CN'] }, 'Issuer="C=DE,CN=Fay \\"f\\" Doe"'],
    [{ serialNumber: true, notBefore: true, notAfter: true }, 'SerialNumber="1";NB="946684800";NA="4070908800"'],
  ])('%j', ([options, info]) => {
    expect(told(options, named)).toEqual({ pem: undefined, info });
  });

  test('its names', () => {
    expect(told({ names: true }, leaf).info).toBe('SAN="a.test,192.0.2.1"');
  });

  test('nothing of what is not there', () => {
    expect(told({ subject: ['CN'] }, leaf)).toEqual({ pem: undefined, info: undefined });
    expect(told({ pem: true, names: true })).toEqual({ pem: undefined, info: undefined });
    expect(told({}, leaf)).toEqual({ pem: undefined, info: undefined });
  });
});

test.for(['192.0.2.1', '10.0.0.1'])('what a request of %s says itself is never believed', (peer) => {
  const head = 'GET / HTTP/1.1\r\nX-Forwarded-Tls-Client-Cert: lie\r\nX-Forwarded-Tls-Client-Cert-Info: lie\r\n';
  expect(told({ pem: true, names: true }, undefined, head, peer)).toEqual({ pem: undefined, info: undefined });
  expect(told({ names: true }, leaf, head, peer)).toEqual({ pem: undefined, info: 'SAN="a.test,192.0.2.1"' });
});

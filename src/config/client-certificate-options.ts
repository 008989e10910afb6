import { below, type LabelRow } from './label-option.ts';
import type { LabelGroup } from './label-group.ts';
import type { NamePart, PassClientCertificateOptions } from './middleware-options.ts';

/** What of a name can be told, in the order in which it is. */
const PARTS: readonly (readonly [key: string, part: NamePart, meaning: string])[] = [
  ['domaincomponent', 'DC', 'domain components'],
  ['country', 'C', 'country'],
  ['province', 'ST', 'province'],
  ['locality', 'L', 'locality'],
  ['organization', 'O', 'organisation'],
  ['organizationalunit', 'OU', 'organisational unit'],
  ['serialnumber', 'SN', 'serial number'],
  ['commonname', 'CN', 'common name'],
];

function partRows(whose: 'subject' | 'issuer'): readonly LabelRow[] {
  const parts = PARTS.filter(([key]) => whose === 'subject' || key !== 'organizationalunit');
  return parts.map(([key, , meaning]) => [
    `passtlsclientcert.info.${whose}.${key}`,
    'bool',
    '`false`',
    `of its ${whose}: ${meaning}`,
  ]);
}

/** What the app is told of the certificate of a visitor. */
export const CLIENT_CERTIFICATE_OPTIONS: readonly LabelRow[] = [
  ...below('passtlsclientcert.', [
    ['pem', 'bool', '`false`', '`X-Forwarded-Tls-Client-Cert`: the certificate of the visitor, base64'],
    ['info.notafter', 'bool', '`false`', '`X-Forwarded-Tls-Client-Cert-Info`: until when it is valid'],
    ['info.notbefore', 'bool', '`false`', 'and from when on'],
    ['info.sans', 'bool', '`false`', 'and its names'],
    ['info.serialnumber', 'bool', '`false`', 'and its serial number'],
  ]),
  ...partRows('subject'),
  ...partRows('issuer'),
];

/** The middleware `passtlsclientcert`. */
export function decodeClientCertificate(group: LabelGroup): PassClientCertificateOptions {
  const is = (key: string): boolean => group.bool(`passtlsclientcert.${key}`) ?? false;
  const partsOf = (whose: string): readonly NamePart[] =>
    PARTS.filter(([key]) => is(`info.${whose}.${key}`)).map(([, part]) => part);
  return {
    type: 'passClientCertificate',
    pem: is('pem'),
    subject: partsOf('subject'),
    issuer: partsOf('issuer'),
    serialNumber: is('info.serialnumber'),
    notBefore: is('info.notbefore'),
    notAfter: is('info.notafter'),
    names: is('info.sans'),
  };
}

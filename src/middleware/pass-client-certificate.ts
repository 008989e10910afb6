import type { X509Certificate } from 'node:crypto';
import type { NamePart, PassClientCertificateOptions } from '../config/middleware-options.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** A client chooses what it sends behind its own certificate. */
const MAX_CERTIFICATES = 5;

/**
 * Tells the app of the certificate that the visitor showed in the handshake (traefik-labels.md section 10). What a request itself says in
 * these fields has been taken away, as with all forwarding fields (F1); without a certificate the app is told nothing.
 */
export function passClientCertificate(options: PassClientCertificateOptions): CompiledMiddleware {
  // One connection shows one certificate for all of its requests.
  const known = new WeakMap<X509Certificate, string>();
  return {
    request: (exchange) => {
      const { clientCertificate } = exchange.down.peer;
      if (clientCertificate === undefined) return undefined;
      exchange.addedFields += known.getOrInsertComputed(clientCertificate, () => fieldsOf(clientCertificate, options));
      return undefined;
    },
  };
}

function fieldsOf(leaf: X509Certificate, options: PassClientCertificateOptions): string {
  const chain: X509Certificate[] = [];
  for (let one: X509Certificate | undefined = leaf; one !== undefined && chain.length < MAX_CERTIFICATES;) {
    chain.push(one);
    one = one.issuerCertificate;
  }
  const pem = options.pem ? `X-Forwarded-Tls-Client-Cert: ${chain.map(base64Of).join(',')}\r\n` : '';
  const infos = chain.map((one) => infoOf(one, options));
  if (infos.every((info) => info === '')) return pem;
  return `${pem}X-Forwarded-Tls-Client-Cert-Info: ${queryEscape(infos.join(','))}\r\n`;
}

function base64Of(certificate: X509Certificate): string {
  return certificate.raw.toString('base64');
}

/** Parts in double quotes with semicolons between them. Node escapes commas, quotes and controls inside of names (RFC 4514 2.4). */
function infoOf(certificate: X509Certificate, options: PassClientCertificateOptions): string {
  const subject = nameOf(certificate.subject, options.subject);
  const issuer = nameOf(certificate.issuer, options.issuer);
  const names = options.names ? alternativeNames(certificate.subjectAltName ?? '') : [];
  return [
    ...(subject === '' ? [] : [`Subject="${subject}"`]),
    ...(issuer === '' ? [] : [`Issuer="${issuer}"`]),
    ...(options.serialNumber ? [`SerialNumber="${BigInt(`0x${certificate.serialNumber}`)}"`] : []),
    ...(options.notBefore ? [`NB="${seconds(certificate.validFromDate)}"`] : []),
    ...(options.notAfter ? [`NA="${seconds(certificate.validToDate)}"`] : []),
    ...(names.length === 0 ? [] : [`SAN="${names.join(',')}"`]),
  ].join(';');
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** `name`: one `KEY=value` a line. */
function nameOf(name: string | undefined, parts: readonly NamePart[]): string {
  const lines = (name ?? '').split('\n').map((line) => line.replace(/^serialNumber=/, 'SN='));
  return parts.flatMap((part) => lines.filter((line) => line.startsWith(`${part}=`))).join(',');
}

const KINDS = ['DNS', 'email', 'IP Address', 'URI'];

/** Values that Node had to quote are no names that anybody should compare. */
function alternativeNames(text: string): readonly string[] {
  const entries = text
    .split(', ')
    .map((entry) => [entry.slice(0, entry.indexOf(':')), entry.slice(entry.indexOf(':') + 1)]);
  return KINDS.flatMap((kind) =>
    entries.filter(([of, value = '']) => of === kind && !value.includes('"')).map(([, value = '']) => value),
  );
}

/** As in the query of a form, with `+` for a space. */
function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface SiteAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Common name of the certificate's issuer; `undefined` over plain HTTP. */
  readonly issuer: string | undefined;
}

/**
 * Asks a site by name where the router is published, as `curl --resolve` does. With `caPem` it speaks TLS and accepts a
 * certificate of that authority only; without, plain HTTP. Rejects when the certificate is not valid for the name.
 */
export function askSite(options: {
  /** `127.0.0.1:49153` */
  readonly at: string;
  readonly name: string;
  readonly path?: string;
  readonly caPem?: string;
}): Promise<SiteAnswer> {
  const { at, name, path = '/', caPem } = options;
  const [host, port] = [at.slice(0, at.lastIndexOf(':')), Number(at.slice(at.lastIndexOf(':') + 1))];
  const common = { host, port, path, headers: { host: name }, agent: false } as const;
  const { promise, resolve, reject } = Promise.withResolvers<SiteAnswer>();
  const request = caPem === undefined ? requestHttp(common) : requestHttps({ ...common, servername: name, ca: caPem });
  request.on('error', reject).on('response', (response) => {
    const issuer = caPem === undefined ? undefined : (response.socket as TLSSocket).getPeerCertificate().issuer.CN;
    const parts: string[] = [];
    response.setEncoding('utf8').on('data', (text: string) => parts.push(text));
    response.on('error', reject).on('end', () => {
      const { statusCode: status = 0, headers } = response;
      resolve({ status, headers, body: parts.join(''), issuer: typeof issuer === 'string' ? issuer : undefined });
    });
  });
  request.setTimeout(10_000, () => request.destroy(new Error(`no answer from ${name} at ${at}`))).end();
  return promise;
}

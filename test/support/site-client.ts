import { Agent, request as requestHttp, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

export interface ClientAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Name of the sample app that answered. */
  readonly app: string | undefined;
}

export interface ClientRequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by `ask`. */
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface SiteClientOptions {
  /** `127.0.0.1:PORT` */
  readonly at: string;
  readonly name: string;
  /** Default `https`. */
  readonly scheme?: 'http' | 'https';
  /** Without it any certificate is accepted. */
  readonly caPem?: string;
}

/** A client of one site that keeps its connections. */
export interface SiteClient extends Disposable {
  /** Asks for a path and reads the whole answer. Rejects when the connection breaks, also in mid-answer. */
  ask(path: string, options?: ClientRequestOptions): Promise<ClientAnswer>;
  /** Begins a request; the caller sends the body and reads the answer. */
  begin(path: string, options?: ClientRequestOptions): ClientRequest;
  /** Drops its connections. */
  close(): void;
}

/** Makes a client that reaches the site at one address, whatever its name resolves to. */
export function createSiteClient(options: SiteClientOptions): SiteClient {
  const { at, name, caPem } = options;
  const [host, port] = at.split(':') as [string, string];
  const isSecure = options.scheme !== 'http';
  const agent = isSecure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const trust = caPem === undefined ? { rejectUnauthorized: false } : { ca: caPem };
  const begin = (path: string, { method, headers, signal }: ClientRequestOptions = {}) => {
    const common = {
      host,
      port: Number(port),
      path,
      agent,
      method: method ?? 'GET',
      headers: { ...headers, host: name },
      ...(signal && { signal }),
    };
    return isSecure ? requestHttps({ ...common, servername: name, ...trust }) : requestHttp(common);
  };
  const ask = (path: string, request?: ClientRequestOptions) => {
    const { promise, resolve, reject } = Promise.withResolvers<ClientAnswer>();
    begin(path, request)
      .on('error', reject)
      .on('response', (response) => {
        const { statusCode: status = 0, headers } = response;
        const app = headers['x-app'];
        text(response).then(
          (body) => resolve({ status, headers, body, app: typeof app === 'string' ? app : undefined }),
          reject,
        );
      })
      .end(request?.body);
    return promise;
  };
  const close = () => agent.destroy();
  return { ask, begin, close, [Symbol.dispose]: close };
}

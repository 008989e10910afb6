import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** What became of a TLS connection on which requests were sent one after the other. */
export interface TlsVisit {
  /** Statuses of the answers; fewer than requests when the connection ended. */
  readonly statuses: readonly number[];
  readonly isResumed: boolean;
  /** The newest session that the server gave. */
  readonly session: Buffer | undefined;
  /** Of the certificate that was served, as the subject alternative names say it. */
  readonly names: string;
  readonly text: string;
}

export type TlsVisitOptions = Pick<
  ConnectionOptions,
  'key' | 'cert' | 'servername' | 'session' | 'minVersion' | 'maxVersion' | 'ciphers' | 'ecdhCurve'
>;

const REQUEST_MS = 10_000;

/** Connects to loopback and asks for `/` of each host in turn, on one connection. Whoever ends it early leaves statuses out. */
export function visit(port: number, hosts: readonly string[], options: TlsVisitOptions): Promise<TlsVisit> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    const visitor = new Visitor(socket, hosts);
    const patience = setTimeout(() => reject(new Error(`no end after ${visitor.text}`)), REQUEST_MS);
    socket.on('close', () => {
      clearTimeout(patience);
      resolve(visitor.visit);
    });
  });
}

/** A connection that asks again and again. */
export interface TlsCaller {
  /** Asks for `/` of the host, with further field lines, and says the status of the answer. */
  ask(host: string, fields?: string): Promise<number>;
  close(): void;
}

/** Connects to loopback; requests come when the caller says so. */
export async function call(port: number, options: TlsVisitOptions): Promise<TlsCaller> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(REQUEST_MS) });
  return {
    ask: async (host, fields = '') => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`);
      const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(REQUEST_MS) })) as [Buffer];
      return Number(/^HTTP\/1\.1 (\d{3}) /.exec(chunk.toString('latin1'))?.[1]);
    },
    close: () => socket.destroy(),
  };
}

class Visitor {
  text = '';
  private readonly socket: TLSSocket;
  private readonly left: string[];
  private names = '';
  private isResumed = false;
  private session: Buffer | undefined;

  constructor(socket: TLSSocket, hosts: readonly string[]) {
    this.socket = socket;
    this.left = [...hosts];
    socket.on('error', () => {});
    socket.on('session', (session: Buffer) => (this.session = session));
    socket.on('secureConnect', () => {
      this.isResumed = socket.isSessionReused();
      this.names = socket.getPeerX509Certificate()?.subjectAltName ?? '';
      this.ask();
    });
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      if (this.statuses.length === hosts.length - this.left.length && this.isAnswered) this.ask();
    });
    socket.on('end', () => socket.end());
  }

  get statuses(): readonly number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  get visit(): TlsVisit {
    const { statuses, isResumed, session, names, text } = this;
    return { statuses, isResumed, session, names, text };
  }

  /** The newest head is complete and so is its body. */
  private get isAnswered(): boolean {
    const head = this.text.slice(this.text.lastIndexOf('HTTP/1.1 '));
    const end = head.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? '0');
    return end >= 0 && head.length >= end + 4 + length;
  }

  private ask(): void {
    const host = this.left.shift();
    if (host === undefined) this.socket.end();
    else this.socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  }
}

import type { Dispatcher } from 'undici';
import type { HealthCheckConfig, ServerConfig, TransportTls } from '../config/dynamic.ts';
import { authorityOf, CheckClient, type CheckTarget, originOf } from './check-client.ts';
import type { Checker, CheckOutcome } from './checker.ts';
import { connectFailure } from './tcp-check.ts';

const USER_AGENT = 'sluice-health-check';
/** What an answer says beyond its status is nobody's concern; a connection that says more is closed. */
const MAX_BODY_BYTES = 65_536;
const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A check by an HTTP request: it passes with the head of an answer whose status is one of those wanted. */
export class HttpCheck implements Checker {
  readonly #check: HealthCheckConfig;
  readonly #target: CheckTarget;
  readonly #tls: TransportTls;
  readonly #headers: string[];
  #client: CheckClient | undefined = undefined;
  #question: Question | undefined = undefined;

  constructor(server: Pick<ServerConfig, 'scheme' | 'host' | 'port'>, check: HealthCheckConfig, tls: TransportTls) {
    this.#check = check;
    const scheme = check.scheme ?? server.scheme;
    this.#target = { scheme, host: server.host, port: check.port ?? server.port };
    this.#tls = tls;
    this.#headers = headersOf(check);
  }

  check(): Promise<CheckOutcome> {
    // The rest of the last answer may still be coming.
    if (this.#question?.isOpen === true) this.close();
    return new Promise((resolve) => {
      this.#question = new Question(this.#check, this.#target, resolve, {
        headers: this.#headers,
        client: () => (this.#client ??= new CheckClient(this.#target, this.#tls)),
        drop: () => this.#drop(),
      });
      this.#question.send();
    });
  }

  close(): void {
    this.#question?.end('the check was ended');
    this.#question = undefined;
    this.#drop();
  }

  #drop(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

interface Line {
  readonly headers: string[];
  client(): CheckClient;
  /** Closes the connection. */
  drop(): void;
}

/** One check: a request, those that redirects ask for, and the rest of the last answer. */
class Question implements Dispatcher.DispatchHandler {
  /** Something of it is still to come: an answer, or the rest of its body. */
  isOpen = true;
  readonly #check: HealthCheckConfig;
  readonly #target: CheckTarget;
  readonly #resolve: (outcome: CheckOutcome) => void;
  readonly #line: Line;
  readonly #timer: NodeJS.Timeout;
  #path: string;
  #method: string;
  #client: CheckClient | undefined = undefined;
  #wasUsed = false;
  #hasRetried = false;
  #hasHead = false;
  #bytes = 0;
  #redirects = 0;
  /** Where a redirect leads, until the answer has ended. */
  #next: string | undefined = undefined;

  constructor(check: HealthCheckConfig, target: CheckTarget, resolve: (outcome: CheckOutcome) => void, line: Line) {
    this.#check = check;
    this.#target = target;
    this.#resolve = resolve;
    this.#line = line;
    this.#path = check.path;
    this.#method = check.method;
    this.#timer = setTimeout(() => {
      this.end(`did not answer within ${check.timeoutMs} ms`);
      line.drop();
    }, check.timeoutMs);
  }

  send(): void {
    this.#hasHead = false;
    this.#bytes = 0;
    this.#next = undefined;
    this.#wasUsed = false;
    try {
      this.#client = this.#line.client();
      this.#client.ask({ path: this.#path, method: this.#method, headers: this.#line.headers }, this);
    } catch (error) {
      this.end(`cannot be asked: ${(error as Error).message}`);
    }
  }

  /** Nothing of what comes from now on counts. Whoever has no outcome yet has failed. */
  end(failure: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearTimeout(this.#timer);
    this.#settle(false, failure);
  }

  /** There is a connection, and the request is about to be written to it. */
  onRequestStart(): void {
    this.#wasUsed = this.#client?.isUsed === true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (!this.isOpen || status < 200) return;
    this.#hasHead = true;
    if (this.#client !== undefined) this.#client.isUsed = true;
    const { followRedirects, status: wanted } = this.#check;
    const { location } = headers;
    if (followRedirects && REDIRECTS.has(status) && typeof location === 'string') {
      this.#next = this.#pathOf(location);
      if (this.#next !== undefined) {
        if (status < 307 && this.#method !== 'HEAD') this.#method = 'GET';
        return;
      }
    }
    this.#settle(
      wanted.some(([from, to]) => status >= from && status <= to),
      `answered ${status}`,
    );
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    // What is dropped ends with an error, and that is where it goes on.
    if (this.isOpen && this.#bytes > MAX_BODY_BYTES) this.#line.drop();
  }

  onResponseEnd(): void {
    if (this.isOpen) this.#goOn();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.isOpen) return;
    // The server closed an idle connection while the request was on its way: that says nothing of it (as rule F6).
    if (this.#wasUsed && !this.#hasHead && !this.#hasRetried) {
      this.#hasRetried = true;
      this.send();
    } else if (this.#hasHead) this.#goOn();
    else this.end(failureOf(error, authorityOf(this.#target)));
  }

  /** The answer has ended, or more of it is not wanted. */
  #goOn(): void {
    if (this.#next === undefined) {
      this.end('was ended');
    } else if (this.#redirects === MAX_REDIRECTS) {
      this.end(`was redirected more than ${MAX_REDIRECTS} times`);
    } else {
      this.#redirects += 1;
      this.#path = this.#next;
      this.send();
    }
  }

  /** The path of a redirect to the same server; undefined: it leads elsewhere, and counts by its own status. */
  #pathOf(location: string): string | undefined {
    const own = originOf(this.#target);
    const base = this.#check.host === undefined ? own : originOf(this.#target, this.#check.host);
    if (!URL.canParse(location, base + this.#path)) return undefined;
    const { origin, pathname, search } = new URL(location, base + this.#path);
    return [own, base].some((one) => new URL(one).origin === origin) ? pathname + search : undefined;
  }

  /** What is said first counts. */
  #settle(passed: boolean, detail: string): void {
    // The query may hold a secret of the app.
    const [path] = this.#check.path.split('?');
    this.#resolve({ passed, detail: `${this.#check.method} ${path} ${detail}` });
  }
}

function failureOf(error: NodeJS.ErrnoException, address: string): string {
  if (error.name === 'HTTPParserError') return 'was answered with something that is not HTTP';
  if (error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET') return 'got no answer: the connection was closed';
  return `got no answer: ${connectFailure(address, error)}`;
}

function headersOf({ host, headers }: HealthCheckConfig): string[] {
  const isOwnAgent = headers.some(([name]) => name.toLowerCase() === 'user-agent');
  return [
    ...(host === undefined ? [] : ['host', host]),
    ...(isOwnAgent ? [] : ['user-agent', USER_AGENT]),
    ...headers.flat(),
  ];
}

import type { Exchange } from './exchange.ts';

/** Characters that could break a line or hide in a terminal are escaped (rules section 12). */
function safe(text: string): string {
  return /[\x00-\x1f\x7f-\x9f"\\]/.test(text)
    ? text.replace(/[\x00-\x1f\x7f-\x9f"\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
    : text;
}

/**
 * One record per request, batched: lines go to the main thread once a tick or when a batch is full, so that no line is torn and
 * no request waits for a log.
 */
export class AccessLog {
  private lines = '';
  private readonly format: 'json' | 'common';
  private readonly send: (lines: string) => void;

  constructor(format: 'json' | 'common', send: (lines: string) => void) {
    this.format = format;
    this.send = send;
  }

  record(exchange: Exchange, durationMs: number): void {
    this.lines += this.format === 'json' ? jsonLine(exchange, durationMs) : commonLine(exchange, durationMs);
    if (this.lines.length > 65_536) this.flush();
  }

  flush(): void {
    if (this.lines === '') return;
    const lines = this.lines;
    this.lines = '';
    this.send(lines);
  }
}

function jsonLine(exchange: Exchange, durationMs: number): string {
  return `${JSON.stringify({
    time: new Date().toISOString(),
    client: exchange.visitorAddress,
    entrypoint: exchange.down.entrypoint,
    method: exchange.request.method,
    host: exchange.authority?.host,
    path: exchange.path + exchange.request.query,
    status: exchange.status,
    bytes: exchange.bytesSent,
    durationMs: Math.round(durationMs * 1000) / 1000,
    router: exchange.route?.name,
    server: exchange.upstream?.id,
    user: exchange.user === '' ? undefined : exchange.user,
    reason: exchange.failure,
    requestId: exchange.requestId === '' ? undefined : exchange.requestId,
  })}\n`;
}

function commonLine(exchange: Exchange, durationMs: number): string {
  const { request } = exchange;
  const target = safe(exchange.path + request.query);
  return (
    `${exchange.visitorAddress} - ${exchange.user === '' ? '-' : safe(exchange.user).replaceAll(' ', '\\x20')} [${new Date().toISOString()}] "${request.method} ${target} HTTP/${exchange.down.peer.version(request.minorVersion)}" ` +
    `${exchange.status} ${exchange.bytesSent} "${exchange.route?.name ?? '-'}" "${exchange.upstream?.id ?? '-'}" ` +
    `${Math.round(durationMs)}ms ${exchange.failure ?? '-'}\n`
  );
}

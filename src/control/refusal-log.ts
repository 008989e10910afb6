import type { Logger } from '../observe/logger.ts';
import type { ConnectionRefusal, FromWorker } from '../protocol.ts';

/** A reason is logged at most once in this time, all workers together. */
const QUIET_MS = 10_000;

const MESSAGES: Readonly<Record<ConnectionRefusal, string>> = {
  too_many_connections: 'connections refused: as many are open as --max-connections allows',
  too_many_from_address:
    'connections refused: one address has as many open as --max-connections-per-address allows; ' +
    'if it is a proxy for many clients, list it in --trusted-proxies',
  bad_proxy_header:
    'connections destroyed: --proxy-protocol lists their address, and they do not begin with a valid PROXY header',
  proxy_header_timeout:
    'connections destroyed: --proxy-protocol lists their address, and no whole PROXY header came within 3s',
  out_of_descriptors:
    'no file descriptor is free: new connections are dropped; raise the limit (ulimits: nofile in compose)',
};

/** Turns the workers' reports of refused connections into few lines: the first at once, what follows as one number. */
export class RefusalLog {
  private readonly logger: Logger;
  /** Counted since the last line; a reason is here while it is quiet. */
  private readonly waiting = new Map<ConnectionRefusal, { count: number; address: string }>();

  constructor(logger: Logger) {
    this.logger = logger;
  }

  add({ reason, count, address }: Extract<FromWorker, { readonly type: 'refused' }>): void {
    const waiting = this.waiting.get(reason);
    if (waiting === undefined) this.write(reason, count, address);
    else {
      waiting.count += count;
      waiting.address = address;
    }
  }

  private write(reason: ConnectionRefusal, count: number, address: string): void {
    this.logger.warn({ reason, count, ...(address === '' ? {} : { address }) }, MESSAGES[reason]);
    this.waiting.set(reason, { count: 0, address });
    setTimeout(() => {
      const { count: more, address: last } = this.waiting.get(reason)!;
      this.waiting.delete(reason);
      if (more > 0) this.write(reason, more, last);
    }, QUIET_MS).unref();
  }
}

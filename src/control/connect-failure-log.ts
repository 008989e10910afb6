import type { Logger } from '../observe/logger.ts';
import type { FromWorker } from '../protocol.ts';

/** How long the same failure is no news. */
const QUIET_MS = 60_000;
const MAX_KNOWN = 1000;

/**
 * Tells of servers that could not be connected to. Containers come and go, so most of it is for debugging; a server that is not
 * who it should be stays so until a person mends it, and is a warning, once a minute.
 */
export class ConnectFailureLog {
  private readonly logger: Logger;
  private readonly now: () => number;
  private readonly told = new Map<string, number>();

  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.logger = logger;
    this.now = now;
  }

  add({ serverId, code, detail }: Extract<FromWorker, { readonly type: 'connect-failed' }>): void {
    const fields = { server: serverId, reason: code, ...(detail === '' ? {} : { detail }) };
    if (code === 'upstream_tls' && this.isNews(`${serverId} ${detail}`)) {
      this.logger.warn(fields, 'TLS connection to server failed');
    } else this.logger.debug(fields, 'connection to server failed');
  }

  private isNews(key: string): boolean {
    const now = this.now();
    const last = this.told.get(key);
    if (last !== undefined && now - last < QUIET_MS) return false;
    if (this.told.size >= MAX_KNOWN) this.told.clear();
    this.told.set(key, now);
    return true;
  }
}

import { createHash } from 'node:crypto';
import type { DnsConfig } from '../../config/dns-config.ts';
import type { Logger } from '../../observe/logger.ts';
import { OrderError } from '../acme-error.ts';
import type { DnsLookup } from '../dns-lookup.ts';
import type { DnsRecord, DnsRecordWriter } from './dns-writer.ts';

const LOOK_MS = 2000;
const HOST_LABEL = /^[a-z0-9_][a-z0-9_-]{0,62}$/;

/** A pending DNS-01 challenge (RFC 8555 8.4). */
export interface DnsChallenge {
  readonly token: string;
  /** Without the `*.` of a wildcard. */
  readonly host: string;
  readonly keyAuthorization: string;
}

/** Puts records of challenges into DNS and takes them away again. */
export interface DnsSolver {
  /** Resolves when every authoritative server that answers shows the record. Rejects with `OrderError` (`dns_record`). */
  publish(challenge: DnsChallenge, signal: AbortSignal): Promise<void>;
  /** Takes the record of this token away, in the background; what is wrong with that is logged. */
  withdraw(token: string): void;
  /** Resolves when nothing is left to take away. */
  idle(): Promise<void>;
}

/** The value of the record: a digest, so it says nothing of the key (RFC 8555 8.4). */
export function recordValue(keyAuthorization: string): string {
  return createHash('sha256').update(keyAuthorization).digest('base64url');
}

/** Writes one record at a time: programs and services tend to read, change and write what a name has. */
export function createDnsSolver(options: {
  readonly writer: DnsRecordWriter;
  readonly config: Pick<DnsConfig, 'waitMs' | 'settleMs'>;
  readonly lookup: DnsLookup;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly logger: Logger;
}): DnsSolver {
  const { writer, config, lookup, now, sleep, logger } = options;
  const present = new Map<string, DnsRecord>();
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = (write: () => Promise<void>): Promise<void> => {
    const turn = last.then(write);
    last = turn.catch(() => undefined);
    return turn;
  };
  /** Servers that answer without the record. One that cannot be asked proves nothing. */
  const findBehind = async ({ fqdn, value }: DnsRecord, servers: readonly string[]): Promise<readonly string[]> => {
    const name = fqdn.slice(0, -1);
    const answers = await Promise.all(
      servers.map(async (server) => ({ server, texts: await lookup.texts(name, server) })),
    );
    return answers.filter(({ texts }) => texts?.includes(value) === false).map(({ server }) => server);
  };
  const awaitShown = async (record: DnsRecord, signal: AbortSignal): Promise<void> => {
    if (config.waitMs === 0) return;
    const startedAt = now();
    const servers = await lookup.authorities(record.fqdn.slice(0, -1));
    if (servers.length === 0)
      logger.warn({ record: record.fqdn }, 'name servers not found: nobody checks the TXT record');
    for (;;) {
      const behind = await findBehind(record, servers);
      if (behind.length === 0) return;
      if (now() - startedAt >= config.waitMs) {
        const seconds = Math.round(config.waitMs / 1000);
        throw new OrderError(
          'dns_record',
          `${behind.join(', ')} does not show the TXT record of ${record.fqdn} after ${seconds} s`,
        );
      }
      await sleep(LOOK_MS, signal);
    }
  };
  return {
    publish: async ({ token, host, keyAuthorization }, signal) => {
      // The zone may have given the name away to another (acme.md 12).
      const target = await lookup.follow(`_acme-challenge.${host}`);
      // Nobody would take away what is written after this.
      signal.throwIfAborted();
      checkTarget(target, host);
      const record = { fqdn: `${target}.`, value: recordValue(keyAuthorization) };
      present.set(token, record);
      try {
        await inTurn(() => writer.present(record));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new OrderError('dns_record', `the TXT record of ${record.fqdn} was not written: ${reason}`, { cause });
      }
      logger.debug({ host, record: record.fqdn }, 'TXT record written');
      await awaitShown(record, signal);
      await sleep(config.settleMs, signal);
    },
    withdraw: (token) => {
      const record = present.get(token);
      if (record === undefined) return;
      present.delete(token);
      inTurn(() => writer.cleanup(record)).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        logger.warn({ record: record.fqdn, value: record.value, reason }, 'TXT record not removed: remove it by hand');
      });
    },
    idle: async () => void (await last),
  };
}

/** DNS may hold any bytes, and this name goes to programs that somebody wrote for names of hosts. */
function checkTarget(target: string, host: string): void {
  const isName = target.length <= 253 && target.split('.').every((label) => HOST_LABEL.test(label));
  if (isName) return;
  throw new OrderError('dns_record', `_acme-challenge.${host} leads to ${JSON.stringify(target)}: not a host name`);
}

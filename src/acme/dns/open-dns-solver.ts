import { setTimeout as delay } from 'node:timers/promises';
import type { DnsConfig } from '../../config/dns-config.ts';
import type { Logger } from '../../observe/logger.ts';
import type { DnsLookup } from '../dns-lookup.ts';
import { createDnsSolver, type DnsSolver } from './dns-solver.ts';
import type { DnsRecordWriter } from './dns-writer.ts';
import { createExecWriter } from './exec-writer.ts';
import { createRfc2136Writer } from './rfc2136-writer.ts';
import { createWebhookWriter } from './webhook-writer.ts';

/** The solver that the options describe. Nothing is opened or called before the first challenge. */
export function openDnsSolver(
  config: DnsConfig,
  parts: { readonly lookup: DnsLookup; readonly now: () => number; readonly logger: Logger },
): DnsSolver {
  const sleep = (ms: number, signal: AbortSignal): Promise<unknown> => delay(ms, undefined, { signal });
  return createDnsSolver({ ...parts, writer: createWriter(config, parts.now), config, sleep });
}

function createWriter({ writer }: DnsConfig, now: () => number): DnsRecordWriter {
  switch (writer.kind) {
    case 'exec':
      return createExecWriter(writer.path);
    case 'webhook':
      return createWebhookWriter(writer);
    case 'rfc2136':
      return createRfc2136Writer(writer, now);
    default:
      return writer satisfies never;
  }
}

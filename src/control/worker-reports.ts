import type { Logger } from '../observe/logger.ts';
import type { FromWorker } from '../protocol.ts';
import type { ConnectFailureLog } from './connect-failure-log.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { ServerJudge } from './server-judge.ts';
import type { WantedNames } from './wanted-names.ts';

/** Who hears what workers report. */
export interface ReportReceivers {
  readonly refusals: RefusalLog;
  readonly failures: ConnectFailureLog;
  /** Made after the workers, before they serve anybody. */
  readonly judge: () => ServerJudge;
  readonly names: () => Pick<WantedNames, 'asked'>;
  readonly writeAccessLog: (lines: string) => void;
}

/** What workers report beside acknowledgements and counters. */
export function heedReport(
  message: FromWorker,
  logger: Logger,
  { refusals, failures, judge, names, writeAccessLog }: ReportReceivers,
): void {
  switch (message.type) {
    case 'access-log':
      writeAccessLog(message.lines);
      break;
    case 'challenge-served':
      logger.info({ host: message.host, token: message.token.slice(0, 6), remote: message.remote }, 'challenge served');
      break;
    case 'connect-failed':
      failures.add(message);
      if (message.code === 'upstream_refused') judge().refused(message.serverId);
      break;
    case 'server-failing':
      judge().failing(message);
      break;
    case 'refused':
      refusals.add(message);
      break;
    case 'unknown-name':
      logger.debug({ name: message.name }, 'handshake for a name nobody serves');
      names().asked(message.name);
      break;
    case 'log':
      logger[message.level](message.fields, message.message);
      break;
    default:
  }
}

import { below, type LabelRow } from './label-option.ts';
import { NOT_NEGATIVE, POSITIVE, STATUS } from './label-limits.ts';
import { SOURCE_CRITERION } from './source-options.ts';

const REDIS: readonly LabelRow[] = [
  ['endpoints', 'list', '`localhost:6379`', 'Redis servers that count for several routers'],
  ['username', 'text', 'none', 'Redis: user'],
  ['password', 'text', 'none', 'Redis: password'],
  ['db', 'int', '`0`', 'Redis: number of the database', NOT_NEGATIVE],
  ['poolsize', 'int', '`0`: ten per core', 'Redis: connections', NOT_NEGATIVE],
  ['minidleconns', 'int', '`0`', 'Redis: idle connections that are kept', NOT_NEGATIVE],
  ['maxactiveconns', 'int', '`0`: no limit', 'Redis: most connections', NOT_NEGATIVE],
  ['readtimeout', 'duration', '`3s`', 'Redis: time to read', { min: -1 }],
  ['writetimeout', 'duration', '`3s`', 'Redis: time to write', { min: -1 }],
  ['dialtimeout', 'duration', '`5s`', 'Redis: time to connect'],
  ['tls.ca', 'text', 'of the system', 'Redis: root that is trusted'],
  ['tls.cert', 'text', 'none', 'Redis: certificate of the router'],
  ['tls.key', 'text', 'none', 'Redis: its key'],
  ['tls.insecureskipverify', 'bool', '`false`', 'Redis: do not check its certificate'],
];

const CIRCUIT_BREAKER: readonly LabelRow[] = [
  ['expression', 'text', 'required', 'when it opens: `NetworkErrorRatio() > 0.3`'],
  ['checkperiod', 'duration', '`100ms`', 'time between two looks at it'],
  ['fallbackduration', 'duration', '`10s`', 'how long it stays open'],
  ['recoveryduration', 'duration', '`10s`', 'how long it lets only a part through'],
  ['responsecode', 'int', '`503`', 'status while it is open', STATUS],
];

const RATE_LIMIT: readonly LabelRow[] = [
  ['average', 'int', '`0`: no limit', 'requests in a period; more get 429', NOT_NEGATIVE],
  ['period', 'duration', '`1s`', 'the period'],
  ['burst', 'int', '`1`', 'requests at once', NOT_NEGATIVE],
  ...SOURCE_CRITERION,
  ...below('redis.', REDIS),
];

const RETRY: readonly LabelRow[] = [
  ['attempts', 'int', 'required', 'tries, the first included', POSITIVE],
  ['initialinterval', 'duration', '`0`: at once', 'time before the second; the next ones wait longer'],
  ['timeout', 'duration', '`0`: none', 'time for all of them'],
  ['status', 'statuses', 'none', 'statuses that are a failure, too'],
  ['maxrequestbodybytes', 'int', '`2097152`', 'largest body that is kept for another try', { min: -1 }],
  ['disableretryonnetworkerror', 'bool', '`false`', 'no second try for a broken connection'],
  ['retrynonidempotentmethod', 'bool', '`false`', 'for POST and PATCH, too'],
];

/** Middlewares about how much may come, and about servers that fail. */
export const TRAFFIC_OPTIONS: readonly LabelRow[] = [
  ...below('circuitbreaker.', CIRCUIT_BREAKER),
  ['inflightreq.amount', 'int', 'required', 'requests at the same time; more get 429', POSITIVE],
  ...below('inflightreq.', SOURCE_CRITERION),
  ...below('ratelimit.', RATE_LIMIT),
  ...below('retry.', RETRY),
];

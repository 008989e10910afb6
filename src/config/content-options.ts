import { below, type LabelRow } from './label-option.ts';
import { NOT_NEGATIVE, STATUS } from './label-limits.ts';

const COMPRESS: readonly LabelRow[] = [
  ['compress', 'switch', 'none', 'compress answers'],
  ['compress.encodings', 'list', '`gzip, br, zstd`', 'in order of preference'],
  ['compress.defaultencoding', 'text', 'none', 'for a visitor that names none'],
  ['compress.minresponsebodybytes', 'int', '`1024`', 'smaller answers stay as they are', NOT_NEGATIVE],
  ['compress.excludedcontenttypes', 'list', 'none', 'types that stay as they are'],
  ['compress.includedcontenttypes', 'list', 'all', 'types that are compressed'],
];

const ERRORS: readonly LabelRow[] = [
  ['status', 'statuses', 'required', 'statuses whose answer is replaced'],
  ['service', 'text', 'required', 'service that gives the answer'],
  ['query', 'text', 'none', 'its path; `{status}` and `{url}` are replaced'],
  ['statusrewrites.<range>', 'int', 'none', 'status that takes the place of one of the range', STATUS],
  ['errorrequestheaders', 'list', 'all', 'headers of the request that the service gets'],
];

const ENCODED: readonly LabelRow[] = [
  ['slash', 'bool', '`false`', 'let `%2F` pass'],
  ['backslash', 'bool', '`false`', 'let `%5C` pass'],
  ['nullcharacter', 'bool', '`false`', 'let `%00` pass'],
  ['semicolon', 'bool', '`false`', 'let `%3B` pass'],
  ['percent', 'bool', '`false`', 'let `%25` pass'],
  ['questionmark', 'bool', '`false`', 'let `%3F` pass'],
  ['hash', 'bool', '`false`', 'let `%23` pass'],
];

/** Middlewares about what is sent. */
export const CONTENT_OPTIONS: readonly LabelRow[] = [
  ...COMPRESS,
  ...below('errors.', ERRORS),
  ...below('encodedcharacters.allowencoded', ENCODED),
  ['grpcweb.alloworigins', 'list', 'none', 'origins that may speak gRPC-Web'],
  ['plugin.<plugin>.**', 'text', 'none', 'plugins of Traefik cannot run here'],
];

/** Options of middlewares that work without them. */
export const IDLE_OPTIONS: readonly LabelRow[] = [
  ['buffering.memrequestbodybytes', 'int', '`1048576`', 'bytes of a request that are kept in memory', NOT_NEGATIVE],
  ['buffering.maxresponsebodybytes', 'int', '`0`: no limit', 'larger answers are an error', NOT_NEGATIVE],
  ['buffering.memresponsebodybytes', 'int', '`1048576`', 'bytes of an answer that are kept in memory', NOT_NEGATIVE],
  ['buffering.retryexpression', 'text', 'none', 'when to try again'],
  ['headers.featurepolicy', 'text', 'none', 'removed in Traefik v3; `permissionspolicy` took its place'],
  ['headers.sslredirect', 'bool', '`false`', 'removed in Traefik v3; HTTPS is redirected to by itself'],
  ['headers.ssltemporaryredirect', 'bool', '`false`', 'removed in Traefik v3'],
  ['headers.sslhost', 'text', 'none', 'removed in Traefik v3'],
  ['headers.sslforcehost', 'bool', '`false`', 'removed in Traefik v3'],
];

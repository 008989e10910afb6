import { below, type LabelRow } from './label-option.ts';

const DIGEST: readonly LabelRow[] = [
  ['users', 'list', 'these or `usersfile`', '`NAME:REALM:HASH`'],
  ['usersfile', 'text', 'none', 'htdigest file'],
  ['realm', 'text', '`traefik`', 'what the browser shows'],
  ['removeheader', 'bool', '`false`', 'keep `Authorization` from the app'],
  ['headerfield', 'text', 'none', 'request header that tells the app the user name'],
];

const FORWARD: readonly LabelRow[] = [
  ['address', 'url', 'required', 'whom every request is shown first; anything but 2xx goes to the visitor'],
  ['trustforwardheader', 'bool', '`false`', 'pass `X-Forwarded-*` of the visitor on'],
  ['authresponseheaders', 'list', 'none', 'headers of its answer that the app gets'],
  ['authresponseheadersregex', 'regexp', 'none', 'the same by their names'],
  ['authrequestheaders', 'list', 'all', 'headers of the request that it gets'],
  ['addauthcookiestoresponse', 'list', 'none', 'cookies of its answer that the visitor gets'],
  ['headerfield', 'text', 'none', 'header of its answer with the user name'],
  ['forwardbody', 'bool', '`false`', 'it gets the body'],
  ['maxbodysize', 'int', '`-1`: no limit', 'bytes of that body; more get 401', { min: -1 }],
  ['maxresponsebodysize', 'int', '`-1`: no limit', 'bytes of its answer; more get 401', { min: -1 }],
  ['preservelocationheader', 'bool', '`false`', 'leave a relative `Location` as it is'],
  ['preserverequestmethod', 'bool', '`false`', 'ask with the method of the request instead of GET'],
  ['authsigninurl', 'url', 'none', 'where a visitor goes instead of getting 401'],
  ['tls.ca', 'text', 'of the system', 'root that is trusted'],
  ['tls.cert', 'text', 'none', 'certificate of the router'],
  ['tls.key', 'text', 'none', 'its key'],
  ['tls.insecureskipverify', 'bool', '`false`', 'do not check its certificate'],
  ['tls.caoptional', 'bool', '`false`', 'accepted, no effect'],
];

/** Middlewares about who a visitor is. */
export const LOGIN_OPTIONS: readonly LabelRow[] = [...below('digestauth.', DIGEST), ...below('forwardauth.', FORWARD)];

import type {
  HeadersOptions,
  IpAllowListOptions,
  MiddlewareOptions,
  PassClientCertificateOptions,
} from '../config/middleware-options.ts';

/** A middleware's options in a few words. No secret is in them: neither a password's hash nor what a request header says to the app. */
export function printMiddleware(options: MiddlewareOptions): string {
  switch (options.type) {
    case 'stripPrefix':
      return `strip ${options.prefixes.join(' ')}`;
    case 'stripPrefixRegex':
      return `strip what matches ${options.regexes.join(' ')}`;
    case 'addPrefix':
      return `add ${options.prefix}`;
    case 'replacePath':
      return `path ${options.path}`;
    case 'replacePathRegex':
      return `path ${options.regex} → ${options.replacement}`;
    case 'redirectScheme': {
      const { scheme, port, permanent } = options;
      return `redirect ${scheme}${port === undefined ? '' : `:${port}`}${permanent ? ' permanent' : ''}`;
    }
    case 'redirectRegex':
      return `redirect ${options.regex} → ${options.replacement}${options.permanent ? ' permanent' : ''}`;
    case 'redirectHost':
      return `redirect to the host ${options.host}`;
    case 'headers':
      return printHeaders(options);
    case 'basicAuth':
      return `users ${options.users.map(([name]) => name).join(' ')}  realm ${options.realm}${
        options.headerField === undefined ? '' : `  name in ${options.headerField}`
      }${options.removeHeader ? '  credentials removed' : ''}`;
    case 'ipAllowList':
      return printAllowList(options);
    case 'buffering':
      return options.maxRequestBodyBytes === 0 ? 'nothing' : `at most ${options.maxRequestBodyBytes} bytes`;
    case 'passClientCertificate':
      return printClientCertificate(options);
    case 'contentType':
      return 'nothing';
    case 'maintenance':
      return 'answer 503';
    default:
      return options satisfies never;
  }
}

function printHeaders(options: HeadersOptions): string {
  const { request, response, security, tlsSecurity, tlsSigns, cors, allowedHosts, host, hostFields } = options;
  const fields = (list: HeadersOptions['request']): string =>
    list.map(([name, value]) => (value === '' ? `-${name}` : `${name}=${value}`)).join(', ');
  // Tokens are in headers of requests.
  const names = (list: HeadersOptions['request']): string =>
    list.map(([name, value]) => (value === '' ? `-${name}` : name)).join(', ');
  const parts = [
    host === undefined ? '' : `host ${host}`,
    request.length === 0 ? '' : `request ${names(request)}`,
    response.length === 0 ? '' : `response ${fields(response)}`,
    security.length === 0 ? '' : `always ${fields(security)}`,
    tlsSecurity.length === 0 ? '' : `over TLS ${fields(tlsSecurity)}`,
    tlsSigns.length === 0 ? '' : `TLS by ${names(tlsSigns)}`,
    cors === undefined ? '' : `CORS ${[...cors.origins, ...cors.originRegexes].join(' ')}`,
    allowedHosts.length === 0 ? '' : `hosts ${allowedHosts.join(' ')}`,
    hostFields.length === 0 ? '' : `host in ${hostFields.join(' ')}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'nothing' : parts.join('  ');
}

function printClientCertificate(options: PassClientCertificateOptions): string {
  const { pem, subject, issuer, serialNumber, notBefore, notAfter, names } = options;
  const parts = [
    ...(pem ? ['the certificate'] : []),
    ...(subject.length === 0 ? [] : [`subject ${subject.join(' ')}`]),
    ...(issuer.length === 0 ? [] : [`issuer ${issuer.join(' ')}`]),
    ...(serialNumber ? ['serial number'] : []),
    ...(notBefore ? ['from when on'] : []),
    ...(notAfter ? ['until when'] : []),
    ...(names ? ['names'] : []),
  ];
  return parts.length === 0 ? 'nothing' : `of the visitor's certificate: ${parts.join('  ')}`;
}

function printAllowList({ networks, source, ipv6Bits, status }: IpAllowListOptions): string {
  const words = {
    peer: '',
    visitor: '  visitor behind proxies',
    depth: source.kind === 'depth' ? `  forwarded address ${source.depth} from the right` : '',
    excluding: source.kind === 'excluding' ? `  forwarded address outside ${source.networks.join(' ')}` : '',
  };
  const bits = ipv6Bits === undefined ? '' : `  IPv6 /${ipv6Bits}`;
  return `allow ${networks.join(' ')}${words[source.kind]}${bits}${status === undefined ? '' : `  else ${status}`}`;
}

import { decodeClientCertificate } from './client-certificate-options.ts';
import { decodeIpAllowList } from './decode-allow-list.ts';
import { decodeBasicAuth } from './decode-basic-auth.ts';
import { decodeHeaders } from './decode-headers.ts';
import { decodePath, decodePrefixes } from './decode-paths.ts';
import { decodeRegex, decodeRegexes } from './decode-regex.ts';
import type { MiddlewareDraft } from './draft.ts';
import type { LabelGroup } from './label-group.ts';
import { UNSUPPORTED_MIDDLEWARES } from './middleware-table.ts';
import type { ChainOptions, MiddlewareOptions } from './middleware-options.ts';

/** A full-form middleware. One that cannot work stays known by its name, so that routers naming it do not serve. */
export function decodeMiddleware(group: LabelGroup): MiddlewareDraft {
  const types = new Set(group.settings.map(({ option }) => option.key.split('.')[0] ?? ''));
  if (types.size > 1) {
    group.fail({
      code: 'label_conflict',
      message: `one middleware has two types: ${[...types].join(', ')}`,
      hint: 'give each type a name of its own',
    });
  }
  const [type = ''] = types;
  const { name } = group;
  if (UNSUPPORTED_MIDDLEWARES.has(type)) {
    const reason = `middlewares of type ${type} are not supported yet`;
    return { name, options: { type: 'unusable', code: 'middleware_unsupported', reason } };
  }
  const options = group.fault === undefined ? DECODERS.get(type)?.(group) : undefined;
  if (group.fault === undefined && options !== undefined) return { name, options };
  const reason = group.fault ?? 'it has no type';
  return { name, options: { type: 'unusable', code: 'label_value', reason } };
}

type Decoder = (group: LabelGroup) => MiddlewareOptions | ChainOptions;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['stripprefix', decodeStripPrefix],
  ['stripprefixregex', decodeStripPrefixRegex],
  ['addprefix', decodeAddPrefix],
  ['replacepath', decodeReplacePath],
  ['replacepathregex', decodeReplacePathRegex],
  ['redirectscheme', decodeRedirectScheme],
  ['redirectregex', decodeRedirectRegex],
  ['headers', decodeHeaders],
  ['basicauth', decodeBasicAuth],
  ['ipallowlist', (group) => decodeIpAllowList(group, 'ipallowlist')],
  ['ipwhitelist', (group) => decodeIpAllowList(group, 'ipwhitelist')],
  ['chain', decodeChain],
  ['buffering', decodeBuffering],
  ['passtlsclientcert', decodeClientCertificate],
  ['contenttype', () => ({ type: 'contentType' })],
]);

function decodeStripPrefix(group: LabelGroup): MiddlewareOptions {
  requireText(group, 'stripprefix.prefixes', '/api');
  group.bool('stripprefix.forceslash');
  return { type: 'stripPrefix', prefixes: decodePrefixes(group, 'stripprefix.prefixes') };
}

function decodeStripPrefixRegex(group: LabelGroup): MiddlewareOptions {
  requireText(group, 'stripprefixregex.regex', '/v[0-9]+');
  return { type: 'stripPrefixRegex', regexes: decodeRegexes(group, 'stripprefixregex.regex') };
}

function decodeAddPrefix(group: LabelGroup): MiddlewareOptions {
  const prefix = requireText(group, 'addprefix.prefix', '/api');
  return { type: 'addPrefix', prefix: decodePath(group, 'addprefix.prefix', prefix, true) };
}

function decodeReplacePath(group: LabelGroup): MiddlewareOptions {
  const path = requireText(group, 'replacepath.path', '/api');
  return { type: 'replacePath', path: decodePath(group, 'replacepath.path', path, true) };
}

function decodeReplacePathRegex(group: LabelGroup): MiddlewareOptions {
  requireText(group, 'replacepathregex.regex', '^/old/(.*)');
  requireSaid(group, 'replacepathregex.replacement', '/new/$1');
  const regex = decodeRegex(group, 'replacepathregex.regex');
  return { type: 'replacePathRegex', regex, replacement: group.text('replacepathregex.replacement') ?? '' };
}

function decodeRedirectScheme(group: LabelGroup): MiddlewareOptions {
  const scheme = group.oneOf('redirectscheme.scheme', ['https', 'http']);
  requireSaid(group, 'redirectscheme.scheme', 'https');
  const port = group.int('redirectscheme.port', 1, 65_535);
  const permanent = group.bool('redirectscheme.permanent') ?? false;
  return { type: 'redirectScheme', scheme: scheme ?? 'https', port: port?.toString(), permanent };
}

function decodeRedirectRegex(group: LabelGroup): MiddlewareOptions {
  requireText(group, 'redirectregex.regex', '^https://old.example.com/(.*)');
  const replacement = requireText(group, 'redirectregex.replacement', 'https://new.example.com/$1');
  const permanent = group.bool('redirectregex.permanent') ?? false;
  return { type: 'redirectRegex', regex: decodeRegex(group, 'redirectregex.regex'), replacement, permanent };
}

function decodeChain(group: LabelGroup): ChainOptions {
  requireText(group, 'chain.middlewares', 'auth,headers');
  return { type: 'chain', middlewares: group.list('chain.middlewares') ?? [] };
}

function decodeBuffering(group: LabelGroup): MiddlewareOptions {
  const maxRequestBodyBytes = group.int('buffering.maxrequestbodybytes', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  return { type: 'buffering', maxRequestBodyBytes };
}

/** The text of an option that must be there and not be empty. */
function requireText(group: LabelGroup, key: string, example: string): string {
  const isEmpty = (group.list(key) ?? []).length === 0;
  if (isEmpty) failRequired(group, key, example);
  return group.text(key) ?? '';
}

function requireSaid(group: LabelGroup, key: string, example: string): void {
  if (group.find(key) === undefined) failRequired(group, key, example);
}

function failRequired(group: LabelGroup, key: string, example: string): void {
  group.fail({
    code: 'label_value',
    message: `${key} is missing or empty`,
    hint: `add ….http.middlewares.${group.name}.${key}=${example}`,
  });
}

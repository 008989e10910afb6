import type { MiddlewareDraft } from './draft.ts';
import type { MiddlewareOptions } from './dynamic.ts';
import { INACTIVE_MIDDLEWARES } from './inactive-options.ts';
import type { LabelGroup } from './label-group.ts';

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
  if (INACTIVE_MIDDLEWARES.has(type)) {
    const reason = `middlewares of type ${type} are not supported yet`;
    return { name, options: { type: 'unusable', code: 'middleware_unsupported', reason } };
  }
  const options = group.fault === undefined ? decodeOptions(type, group) : undefined;
  if (group.fault === undefined && options !== undefined) return { name, options };
  const reason = group.fault ?? 'it has no type';
  return { name, options: { type: 'unusable', code: 'label_value', reason } };
}

function decodeOptions(type: string, group: LabelGroup): MiddlewareOptions | undefined {
  if (type === 'stripprefix') {
    const prefixes = group.list('stripprefix.prefixes') ?? [];
    group.bool('stripprefix.forceslash');
    if (prefixes.length === 0) failRequired(group, 'stripprefix.prefixes', '/api');
    for (const prefix of prefixes) checkPrefix(group, 'stripprefix.prefixes', prefix);
    return { type: 'stripPrefix', prefixes };
  }
  if (type === 'addprefix') {
    const prefix = group.text('addprefix.prefix') ?? '';
    if (prefix === '') failRequired(group, 'addprefix.prefix', '/api');
    else checkPrefix(group, 'addprefix.prefix', prefix);
    return { type: 'addPrefix', prefix: prefix.startsWith('/') ? prefix : `/${prefix}` };
  }
  if (type !== 'redirectscheme') return undefined;
  const scheme = group.oneOf('redirectscheme.scheme', ['https', 'http']);
  if (group.find('redirectscheme.scheme') === undefined) failRequired(group, 'redirectscheme.scheme', 'https');
  const port = group.int('redirectscheme.port', 1, 65_535);
  const permanent = group.bool('redirectscheme.permanent') ?? false;
  return { type: 'redirectScheme', scheme: scheme ?? 'https', port: port?.toString(), permanent };
}

function failRequired(group: LabelGroup, key: string, example: string): void {
  group.fail({
    code: 'label_value',
    message: `${key} is missing or empty`,
    hint: `add ….http.middlewares.${group.name}.${key}=${example}`,
  });
}

function checkPrefix(group: LabelGroup, key: string, prefix: string): void {
  const setting = group.find(key);
  if (setting === undefined || !/[?#\s\\]/.test(prefix)) return;
  group.failValue(setting, 'is not the start of a path', 'write a path such as /api');
}

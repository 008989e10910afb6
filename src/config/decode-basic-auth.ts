import { decodeFieldName, decodeFieldValue } from './decode-fields.ts';
import { isHtpasswdFault, parseHtpasswdUser, type HtpasswdUser } from './htpasswd.ts';
import type { LabelGroup } from './label-group.ts';
import type { BasicAuthOptions } from './middleware-options.ts';

/** A middleware of type `basicauth` (traefik-labels.md sections 9.4 and 10). */
export function decodeBasicAuth(group: LabelGroup): BasicAuthOptions {
  const users = decodeUsers(group, 'basicauth.users');
  const usersFile = group.text('basicauth.usersfile');
  if (users.length === 0 && !usersFile && group.fault === undefined) {
    group.fail({
      code: 'label_value',
      message: 'basicauth has neither users nor a file of them',
      hint: `add ….http.middlewares.${group.name}.basicauth.users=NAME:HASH (htpasswd -nbB NAME PASSWORD)`,
    });
  }
  const field = group.find('basicauth.headerfield');
  const name = field?.value.trim() ?? '';
  return {
    type: 'basicAuth',
    users,
    usersFile: usersFile === '' ? undefined : usersFile,
    realm: decodeFieldValue(group, 'basicauth.realm') ?? 'traefik',
    removeHeader: group.bool('basicauth.removeheader') ?? false,
    headerField: field === undefined || name === '' ? undefined : decodeUserField(group, field, name),
  };
}

function decodeUserField(group: LabelGroup, field: Parameters<typeof decodeFieldName>[1], name: string): string {
  if (name.toLowerCase() === 'host') group.failValue(field, 'cannot carry a user name', 'write a name such as X-User');
  return decodeFieldName(group, field, name, 'request') ?? '';
}

/** The users of the shorthand: `sluice.auth`. */
export function decodeSiteAuth(group: LabelGroup): BasicAuthOptions | undefined {
  const setting = group.find('auth');
  if (setting === undefined) return undefined;
  if (/^\s*forward:/i.test(setting.value)) {
    group.fail({
      code: 'not_acted_on',
      label: setting.label,
      message: 'this protection cannot be given yet, so nothing is served without it',
      hint: 'write users as NAME:HASH, or remove the label only if everybody may have access',
    });
    return undefined;
  }
  const users = decodeUsers(group, 'auth');
  if (users.length === 0) {
    const hint = 'write NAME:HASH (htpasswd -nbB NAME PASSWORD)';
    if (group.fault === undefined) {
      group.fail({ code: 'label_value', label: setting.label, message: 'it names no user', hint });
    }
    return undefined;
  }
  return {
    type: 'basicAuth',
    users,
    usersFile: undefined,
    realm: 'sluice',
    removeHeader: false,
    headerField: undefined,
  };
}

function decodeUsers(group: LabelGroup, key: string): readonly HtpasswdUser[] {
  const setting = group.find(key);
  const users: HtpasswdUser[] = [];
  for (const entry of group.list(key) ?? []) {
    const parsed = parseHtpasswdUser(entry);
    if (!isHtpasswdFault(parsed)) users.push(parsed);
    else group.fail({ code: 'label_value', ...(setting === undefined ? {} : { label: setting.label }), ...parsed });
  }
  return users;
}

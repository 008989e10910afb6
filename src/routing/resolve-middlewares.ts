import type { MiddlewareConfig } from '../config/dynamic.ts';
import type { ReadUsersFile } from '../config/htpasswd.ts';
import type { MiddlewareOptions } from '../config/middleware-options.ts';
import type { Problem } from '../config/problem.ts';
import type { DefinedNames } from './resolve-references.ts';
import type { RouterSnapshot } from './snapshot.ts';

/** More are no wish of anybody, and chains of chains grow without end. */
export const MAX_MIDDLEWARES = 100;

/** What one name stands for: itself or the members of its chain, in order; or why it cannot work. */
export type ResolvedMiddleware =
  | { readonly list: RouterSnapshot['middlewares'] }
  | { readonly fault: Pick<Problem, 'code' | 'message' | 'hint'> };

/** Looks up middlewares by full name, opens chains and reads files of users; each name once for a whole configuration. */
export class MiddlewareResolver {
  readonly #defined: DefinedNames;
  readonly #readUsers: ReadUsersFile;
  readonly #resolved = new Map<string, ResolvedMiddleware>();
  /** Chains that are being opened, the outermost first. */
  readonly #open: string[] = [];

  constructor(defined: DefinedNames, readUsers: ReadUsersFile) {
    this.#defined = defined;
    this.#readUsers = readUsers;
  }

  resolve(name: string): ResolvedMiddleware {
    const known = this.#resolved.get(name);
    if (known !== undefined) return known;
    const found = this.#defined.middlewares.get(name);
    const resolved = found === undefined ? this.#missing(name) : this.#resolve(found);
    this.#resolved.set(name, resolved);
    return resolved;
  }

  #resolve({ name, options }: MiddlewareConfig): ResolvedMiddleware {
    switch (options.type) {
      case 'unusable':
        return options.code === 'middleware_unsupported'
          ? unsupported(name, options.reason)
          : broken(name, options.reason, 'mend the middleware');
      case 'chain':
        return this.#chain(name, options.middlewares);
      case 'basicAuth':
        return options.usersFile === undefined ? one(name, options) : this.#withUsers(name, options, options.usersFile);
      default:
        return one(name, options);
    }
  }

  #chain(name: string, members: readonly string[]): ResolvedMiddleware {
    this.#open.push(name);
    const list: RouterSnapshot['middlewares'][number][] = [];
    let resolved: ResolvedMiddleware = { list };
    for (const member of members) {
      const loop = this.#open.indexOf(member);
      const inner = loop < 0 ? this.resolve(member) : looped(member, [...this.#open.slice(loop), member]);
      if ('fault' in inner) {
        resolved = inner;
        break;
      }
      list.push(...inner.list);
      if (list.length <= MAX_MIDDLEWARES) continue;
      resolved = broken(name, `it has more than ${MAX_MIDDLEWARES} members`, 'shorten the chain');
      break;
    }
    this.#open.pop();
    return resolved;
  }

  #withUsers(
    name: string,
    options: Extract<MiddlewareOptions, { readonly type: 'basicAuth' }>,
    path: string,
  ): ResolvedMiddleware {
    const read = this.#readUsers(path);
    if (!('users' in read)) return broken(name, read.message, read.hint);
    return one(name, { ...options, users: [...read.users, ...options.users], usersFile: undefined });
  }

  #missing(name: string): ResolvedMiddleware {
    const short = name.replace(/@.*$/s, '');
    const guess = this.#defined.suggest('middlewares', name);
    if (/\s/.test(short)) {
      const hint = `separate the names with commas: ${short.split(/\s+/).join(',')}`;
      return { fault: { code: 'middleware_missing', message: `there is no middleware ${name}`, hint } };
    }
    const hint = guess === undefined ? 'define it, or remove its name' : `did you mean ${guess}?`;
    return { fault: { code: 'middleware_missing', message: `there is no middleware ${name}`, hint } };
  }
}

function one(name: string, options: MiddlewareOptions): ResolvedMiddleware {
  return { list: [{ name, options }] };
}

function looped(name: string, names: readonly string[]): ResolvedMiddleware {
  return broken(
    name,
    `its chain leads back to itself: ${names.join(' → ')}`,
    'remove one of these names from its chain',
  );
}

function broken(name: string, reason: string, hint: string): ResolvedMiddleware {
  return { fault: { code: 'middleware_missing', message: `the middleware ${name} cannot work: ${reason}`, hint } };
}

function unsupported(name: string, reason: string): ResolvedMiddleware {
  return {
    fault: {
      code: 'middleware_unsupported',
      message: `the middleware ${name} cannot work: ${reason}`,
      hint: 'remove its name only if the router may serve without it',
    },
  };
}

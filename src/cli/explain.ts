import type { Explanation, TriedRouter } from '../admin/explain.ts';
import type { ListenAddress } from '../config/static-config.ts';
import { type AdminClient, askRouter } from './admin-client.ts';

/** Arguments of `sluice explain`, and those that are left for the router's own options. */
export interface ExplainArguments {
  readonly question: {
    readonly url: string;
    readonly method: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly remoteAddr?: string;
    readonly entrypoint?: string;
  };
  readonly isJson: boolean;
  readonly rest: readonly string[];
}

export const EXPLAIN_USAGE =
  'usage: sluice explain URL [--method M] [--header NAME:VALUE]… [--client-ip ADDRESS] [--entrypoint NAME] [--json]\n';

/** How many routers of the same host are printed. */
const MAX_ROUTERS = 30;

/** Reads the arguments; a text is what is wrong with them. */
export function readExplainArguments(args: readonly string[]): ExplainArguments | string {
  const headers: (readonly [string, string])[] = [];
  const rest: string[] = [];
  const said: { url?: string; method?: string; remoteAddr?: string; entrypoint?: string } = {};
  let isJson = false;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!;
    const [name, inline] = argument.startsWith('--') ? splitAtFirst(argument, '=') : [''];
    const key = { '--method': 'method', '--client-ip': 'remoteAddr', '--entrypoint': 'entrypoint' }[name];
    if (name === '--json') isJson = true;
    else if (key !== undefined || name === '--header') {
      const value = inline ?? args[++index];
      if (value === undefined) return `${name}: a value is missing`;
      if (key !== undefined) said[key as keyof typeof said] = value;
      else {
        const [field, text] = splitAtFirst(value, ':');
        if (field === '' || text === undefined) return `--header: "${value}" is no field; write NAME:VALUE`;
        headers.push([field.trim(), text.trim()]);
      }
    } else if (said.url === undefined && !argument.startsWith('-')) said.url = argument;
    else rest.push(argument);
  }
  const { url, method = 'GET', ...others } = said;
  if (url === undefined) return 'the URL is missing';
  // `example.com/x` is what people paste; TLS is what they mean.
  const absolute = /^(https?:\/\/|\/)/i.test(url) ? url : `https://${url}`;
  return { question: { url: absolute, method, headers, ...others }, isJson, rest };
}

function splitAtFirst(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * `sluice explain`: asks the running router where a request goes, and why. Exit code 0 when a server or a middleware answers it, 1 when
 * not, 2 when nobody could be asked.
 */
export async function runExplain(
  { question, isJson }: ExplainArguments,
  admin: ListenAddress | undefined,
  out: (text: string) => void,
  err: (text: string) => void,
): Promise<number> {
  const run = async (client: AdminClient): Promise<number> => {
    const answer = (await client.post('/api/explain', question, 'reason')) as Explanation | { readonly error: string };
    if ('error' in answer) {
      err(`${answer.error}\n`);
      return 2;
    }
    out(isJson ? `${JSON.stringify(answer, undefined, 2)}\n` : printExplanation(question, answer));
    return answer.reason === 'ok' || answer.reason === 'answered' ? 0 : 1;
  };
  return askRouter('explain', admin, { err, run });
}

interface Branch {
  readonly text: string;
  readonly children?: readonly Branch[];
}

/** The decision as a tree. */
export function printExplanation(question: ExplainArguments['question'], answer: Explanation): string {
  const { entrypoint, tls, middlewares = [], service, madeOf, servers, certificate } = answer;
  const branches: Branch[] = [
    { text: `entrypoint ${entrypoint} (${tls ? 'TLS' : 'plain'})` },
    { text: 'routers, in the order in which they are tried', children: routerBranches(answer) },
  ];
  if (middlewares.length > 0) {
    const children = middlewares.map(({ name, summary }) => ({ text: `${name}  ${summary}` }));
    branches.push({ text: 'middlewares', children });
  }
  if (servers !== undefined) {
    const children = servers.map(({ url, container, state, reason }) => {
      return { text: `${state === 'ready' ? '✓' : '✗'} ${url}  ${container}  ${state}: ${reason}` };
    });
    branches.push({ text: `service ${service}${madeOf === undefined ? '' : `  ${madeOf}`}`, children });
  }
  if (certificate !== undefined) branches.push(certificateBranch(certificate));
  const problems = (answer.problems ?? []).map(({ severity, label, message, hint }) => {
    return {
      text: `${severity} ${label === undefined ? '' : `${label}: `}${message}`,
      children: [{ text: `→ ${hint}` }],
    };
  });
  if (problems.length > 0) branches.push({ text: 'problems', children: problems });
  const alike = (answer.lookAlikes ?? []).map(({ container, reason }) => ({ text: `${container}: ${reason}` }));
  if (alike.length > 0) branches.push({ text: 'perhaps meant', children: alike });
  branches.push({ text: `${answer.reason}: ${answer.message}` });
  return `${question.method} ${question.url}\n${printBranches(branches, '')}`;
}

function routerBranches(answer: Explanation): readonly Branch[] {
  const here = answer.routers.filter(
    (router) =>
      router.entryPoints.length === 0 || (router.entryPoints.includes(answer.entrypoint) && router.tls === answer.tls),
  );
  const near = here.filter(({ matched, failedAt = '' }) => matched || !/^(\(?Host|HostRegexp)\(/.test(failedAt));
  const shown = (near.length > 0 ? near : here).slice(0, MAX_ROUTERS);
  const branches = shown.map((router) => routerBranch(router, answer.router));
  const left = here.length - shown.length;
  if (left > 0) branches.push({ text: `… ${left} more, of other hosts` });
  return branches.length > 0 ? branches : [{ text: 'none listens here' }];
}

function routerBranch({ name, rule, priority, matched, failedAt }: TriedRouter, chosen: string | null): Branch {
  const text = `${matched ? '✓' : '✗'} ${name}  ${rule}  priority ${priority}`;
  if (name === chosen) return { text: `${text}  ← takes the request` };
  if (failedAt !== undefined) return { text, children: [{ text: failedAt }] };
  return { text: chosen === null ? text : `${text}  (another was first)` };
}

function certificateBranch({
  names,
  state,
  issuer,
  notAfter,
  lastError,
  hint,
}: NonNullable<Explanation['certificate']>): Branch {
  const until = notAfter === undefined ? '' : `  until ${new Date(notAfter).toISOString().slice(0, 10)}`;
  const who = issuer === undefined ? '' : `  by ${issuer}`;
  const text =
    state === 'default'
      ? 'none for this name: the default one of the local authority'
      : `${names.join(', ')}  ${state}${who}${until}`;
  const children = lastError === undefined ? [] : [{ text: lastError }, { text: `→ ${hint}` }];
  return { text: `certificate ${text}`, children };
}

function printBranches(branches: readonly Branch[], indent: string): string {
  return branches
    .map(({ text, children = [] }, index) => {
      const isLast = index === branches.length - 1;
      const below = printBranches(children, `${indent}${isLast ? '   ' : '│  '}`);
      return `${indent}${isLast ? '└─' : '├─'} ${text}\n${below}`;
    })
    .join('');
}

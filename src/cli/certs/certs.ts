import { nearest } from '../../lib/suggest.ts';
import type { StaticConfig } from '../../config/static-config.ts';
import type { CommandStreams } from '../command-streams.ts';
import { readFlags, takeOperand, takeSwitches } from '../read-arguments.ts';
import { showAccount } from './account.ts';
import { exportCertificate } from './export-certificate.ts';
import { importFile } from './import-file.ts';
import { listCertificates } from './list-certificates.ts';
import { printRoot } from './print-root.ts';
import { renewCertificate } from './renew-certificate.ts';

const VERBS = ['list', 'root', 'renew', 'import', 'export', 'account'] as const;
type Verb = (typeof VERBS)[number];

export const CERTS_USAGE = `usage: sluice certs                       what there is, when it is renewed, what went wrong
       sluice certs renew NAME            orders a new certificate now
       sluice certs import FILE [--dry-run]   takes over Traefik's acme.json
       sluice certs export NAME [--out FOLDER] [--p12 FILE [--password-file FILE]]
       sluice certs account [--new-key]   the account at the CA; gives it a new key
       sluice certs root                  the local authority's root certificate (PEM)
`;

/** Arguments of `sluice certs`, and those that are left for the router's own options. */
export interface CertsArguments {
  readonly verb: Verb;
  /** A name or a file. */
  readonly operand: string | undefined;
  readonly flags: Readonly<Record<string, string>>;
  /** Switches that were given. */
  readonly switches: readonly string[];
  readonly rest: readonly string[];
}

const OPERANDS: Readonly<Record<Verb, string | undefined>> = {
  list: undefined,
  root: undefined,
  renew: 'the name is missing',
  import: 'the file is missing',
  export: 'the name is missing',
  account: undefined,
};

/** Reads the arguments; a text is what is wrong with them. */
export function readCertsArguments(args: readonly string[]): CertsArguments | string {
  const switches = takeSwitches(args, ['--dry-run', '--new-key']);
  const read = readFlags(switches.rest, ['--out', '--p12', '--password-file']);
  if (typeof read === 'string') return read;
  const first = read.rest[0];
  const hasVerb = first !== undefined && !first.startsWith('-');
  const verb = hasVerb ? VERBS.find((known) => known === first) : 'list';
  if (verb === undefined) {
    const guess = nearest(first!, VERBS);
    return `certs knows no ${first}${guess === undefined ? '' : `; did you mean ${guess}?`}`;
  }
  const left = hasVerb ? read.rest.slice(1) : read.rest;
  const missing = OPERANDS[verb];
  const { operand, rest } = missing === undefined ? { operand: undefined, rest: left } : takeOperand(left);
  if (missing !== undefined && operand === undefined) return missing;
  const foreign = [...Object.keys(read.flags), ...switches.found].find((flag) => !FLAGS[verb].includes(flag));
  if (foreign !== undefined) return `certs ${verb} takes no ${foreign}`;
  const stray = rest.find((word, index) => !word.startsWith('-') && rest[index - 1]?.startsWith('-') !== true);
  if (stray !== undefined) return `certs ${verb} takes no ${stray}`;
  return { verb, operand, flags: read.flags, switches: switches.found, rest };
}

const FLAGS: Readonly<Record<Verb, readonly string[]>> = {
  list: [],
  root: [],
  renew: [],
  import: ['--dry-run'],
  account: ['--new-key'],
  export: ['--out', '--p12', '--password-file'],
};

/**
 * `sluice certs …`. All but `renew` and `account` read the disk, so they work beside a running router and without one; a router that runs finds what was
 * imported within a minute. Exit code 0, 1 when it could not be done, 2 when the router cannot be asked.
 */
export function runCerts(args: CertsArguments, config: StaticConfig, streams: CommandStreams): Promise<number> {
  const { verb, operand = '', flags, switches } = args;
  switch (verb) {
    case 'list':
      return listCertificates(config, streams.out);
    case 'root':
      return printRoot(config, streams.out);
    case 'renew':
      return renewCertificate(operand, config.admin, streams);
    case 'import':
      return importFile(operand, switches.includes('--dry-run'), config, streams);
    case 'account':
      return showAccount(switches.includes('--new-key'), config.admin, streams);
    case 'export':
      return exportCertificate(operand, flags, config, streams);
    default:
      return verb satisfies never;
  }
}

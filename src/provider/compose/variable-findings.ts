import type { Place } from './compose-node.ts';
import type { Finding } from './finding.ts';
import type { VariableFault } from './interpolate.ts';

const HASH = /\$(?:apr1|2[abxy]|[156y])\$/;

/**
 * What is wrong with the variables of one value. A hash that compose tears apart is one finding, whatever became of its pieces;
 * nothing of it is shown, as it may be a password.
 */
export function variableFindings(
  service: string,
  label: string,
  { raw, faults, place }: { readonly raw: string; readonly faults: readonly VariableFault[]; readonly place: Place },
): readonly Finding[] {
  const common = { severity: 'error', service, place, label } as const;
  if (HASH.test(raw)) {
    return [
      {
        ...common,
        code: 'dollar_not_doubled',
        column: raw.search(HASH) + 1,
        message: 'compose takes what is behind each $ of this hash for a variable and cuts it out',
        hint: 'write $$ for each $ of the hash',
      },
    ];
  }
  const told = new Set<string>();
  return faults.flatMap((fault): readonly Finding[] => {
    if (told.has(fault.kind + fault.name)) return [];
    told.add(fault.kind + fault.name);
    return [{ ...common, column: fault.column, ...explain(fault) }];
  });
}

function explain({ kind, name }: VariableFault): Pick<Finding, 'code' | 'message' | 'hint'> {
  if (kind === 'syntax') {
    const message = `compose refuses the file: ${name} is no variable`;
    return { code: 'dollar_not_doubled', message, hint: 'write $$ for each $ that is meant as one' };
  }
  const isRequired = kind === 'required';
  return {
    code: 'variable_unset',
    message: `the variable ${name} is not set${isRequired ? ', and compose refuses to start without it' : ': compose puts nothing in its place'}`,
    hint: isRequired
      ? `set ${name} in .env or in the environment`
      : `set ${name} in .env or in the environment, give it a value here (\${${name}:-VALUE}), or write $$ where a $ is meant`,
  };
}

/** The variable of a static option of ours: `acme-email` is `SLUICE_ACME_EMAIL`. */
export function variableOf(name: string): string {
  return `SLUICE_${name.toUpperCase().replaceAll('-', '_')}`;
}

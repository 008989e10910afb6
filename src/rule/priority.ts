const ENCODER = new TextEncoder();

/** The priority of a router that names none: the length of its rule text in UTF-8 bytes (rules.md section 8). */
export function defaultPriority(rule: string): number {
  return ENCODER.encode(rule).length;
}

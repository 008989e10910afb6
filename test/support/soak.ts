import { appendFileSync } from 'node:fs';

/** The full counts of `npm run soak`, and not the shorter ones of the tests. */
export const isSoak = process.env['SLUICE_SOAK'] === '1';

/** How often a test does something. */
export function count(inTests: number, inSoak: number): number {
  return isSoak ? inSoak : inTests;
}

/** A row of the table that `npm run soak` prints; nothing in tests. */
export function noteRow(what: string, figures: Readonly<Record<string, number | string>>): void {
  const file = process.env['SLUICE_SOAK_TABLE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, ...figures })}\n`);
}

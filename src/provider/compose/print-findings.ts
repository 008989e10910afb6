import type { Finding } from './finding.ts';

/** Findings as text, grouped by file and service, with a last line that counts them. */
export function printFindings(findings: readonly Finding[], services: number): string {
  const groups = new Map<string, Finding[]>();
  for (const finding of [...findings].sort(byPlace)) {
    const { place, service } = finding;
    const head = service === undefined ? place.file : `${place.file}, service ${service}`;
    groups.getOrInsertComputed(head, () => []).push(finding);
  }
  const texts = [...groups].map(([head, list]) => `${head}\n${list.map(printFinding).join('')}`);
  return [...texts, `${summary(findings, services)}\n`].join('\n');
}

function byPlace(left: Finding, right: Finding): number {
  if (left.place.file !== right.place.file) return left.place.file < right.place.file ? -1 : 1;
  return left.place.line - right.place.line;
}

function printFinding({ severity, place, object, label, column, excerpt, message, hint }: Finding): string {
  const about = label ?? object;
  const at = [about, column === undefined ? undefined : `column ${column}`].filter((part) => part !== undefined);
  const lines = [`  ${place.file}:${place.line}: ${severity}${at.length === 0 ? '' : `: ${at.join(', ')}`}`, message];
  if (excerpt !== undefined && column !== undefined) lines.push(...pointAt(excerpt, column));
  return `${[...lines, `→ ${hint}`].map(plain).join('\n      ')}\n`;
}

const AROUND = 60;

/** The value with a mark below the column; of a long one the part around it. */
function pointAt(value: string, column: number): readonly string[] {
  const start = Math.max(0, column - 1 - AROUND);
  const part = plain(value).slice(start, column - 1 + AROUND);
  return [`  ${part}`, `  ${' '.repeat(column - 1 - start)}^`];
}

/** What a file says must not steer the terminal it is shown on. */
function plain(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, ' ');
}

function summary(findings: readonly Finding[], services: number): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.filter(({ severity }) => severity === 'warning').length;
  const where = `in ${count(services, 'service')}`;
  if (errors + warnings === 0) return `no problems ${where}`;
  return `${count(errors, 'error')}, ${count(warnings, 'warning')} ${where}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** Findings as lines of JSON, one object each. */
export function printFindingsAsJson(findings: readonly Finding[]): string {
  return [...findings].sort(byPlace).map(jsonLine).join('');
}

function jsonLine({ severity, code, place, service, object, label, column, message, hint }: Finding): string {
  const { file, line } = place;
  return `${JSON.stringify({ severity, code, file, line, service, object, label, column, message, hint })}\n`;
}

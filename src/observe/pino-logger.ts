import { pino } from 'pino';
import type { StaticConfig } from '../config/static-config.ts';
import type { Logger } from './logger.ts';

/** A root logger that can make one for each part. */
export interface RootLogger extends Logger {
  child(fields: { readonly component: string }): Logger;
  fatal(fields: object, message: string): void;
}

/** The root logger. `write` gets whole lines. Secrets are redacted here, whoever logs them. */
export function createLogger(
  options: Pick<StaticConfig, 'logLevel' | 'logFormat'>,
  write: (line: string) => void,
): RootLogger {
  return pino(
    {
      level: options.logLevel,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['authorization', 'cookie', '*.authorization', '*.cookie', 'keyPem', '*.keyPem', 'hmacKey', '*.hmacKey'],
    },
    { write: options.logFormat === 'pretty' ? (line: string) => write(prettyLine(line)) : write },
  );
}

interface PinoLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly component?: string;
  readonly [field: string]: unknown;
}

/** `12:00:01.123 warn  docker  engine unreachable  detail=…`: for a person at a terminal. */
function prettyLine(line: string): string {
  const { time, level, msg, component, ...fields } = JSON.parse(line) as PinoLine;
  const rest = Object.entries(fields)
    .map(([key, value]) => `${key}=${typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value)}`)
    .join(' ');
  const part = component === undefined ? '' : `${component}: `;
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${part}${msg}${rest === '' ? '' : `  ${rest}`}\n`;
}

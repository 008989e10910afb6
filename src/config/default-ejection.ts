import type { EjectionConfig } from './dynamic.ts';

/** Failures of the way to the app, and what gateways answer; an app that answers 500 may do so for one of its pages. */
export const DEFAULT_EJECTION: EjectionConfig = {
  fromStatus: 502,
  consecutive: 5,
  count: 0,
  percent: 50,
  windowMs: 10_000,
  baseMs: 10_000,
  maxMs: 300_000,
};

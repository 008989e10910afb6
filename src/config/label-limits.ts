import type { LabelLimits } from './label-option.ts';

/** Limits that several options share. */
export const PORT: LabelLimits = { min: 1, max: 65_535 };
export const STATUS: LabelLimits = { min: 100, max: 599 };
export const NOT_NEGATIVE: LabelLimits = { min: 0 };
export const POSITIVE: LabelLimits = { min: 1 };
export const PERCENT: LabelLimits = { min: 0, max: 100 };
export const IPV6_BITS: LabelLimits = { min: 1, max: 128 };
export const SCHEMES: LabelLimits = { words: ['http', 'https', 'h2c'] };
export const WEB_SCHEMES: LabelLimits = { words: ['https', 'http'] };
/** Of checks in a row. */
export const CHECKS: LabelLimits = { min: 1, max: 100 };

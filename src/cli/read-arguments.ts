/** Arguments of a command that asks the router, and those that are left for the router's own options. */
export interface ReadArguments {
  /** By their names. */
  readonly flags: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
}

/** Takes these flags, `--name value` or `--name=value`, out of the arguments; a text is what is wrong. */
export function readFlags(args: readonly string[], names: readonly string[]): ReadArguments | string {
  const flags: Record<string, string> = {};
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!;
    const at = argument.indexOf('=');
    const name = at < 0 ? argument : argument.slice(0, at);
    if (!names.includes(name)) {
      rest.push(argument);
      continue;
    }
    const value = at < 0 ? args[++index] : argument.slice(at + 1);
    if (value === undefined || value === '' || (at < 0 && value.startsWith('--'))) return `${name}: a value is missing`;
    flags[name] = value;
  }
  return { flags, rest };
}

/** Takes these switches, which have no value, out of the arguments; `found` names those that were there. */
export function takeSwitches(
  args: readonly string[],
  names: readonly string[],
): { readonly found: readonly string[]; readonly rest: readonly string[] } {
  return {
    found: names.filter((name) => args.includes(name)),
    rest: args.filter((argument) => !names.includes(argument)),
  };
}

/** The first argument that is neither a flag nor the value of one, with what is left. */
export function takeOperand(args: readonly string[]): { readonly operand?: string; readonly rest: readonly string[] } {
  const isFlag = (word: string | undefined): boolean => word?.startsWith('-') === true;
  const isValue = (index: number): boolean => isFlag(args[index - 1]) && args[index - 1]?.includes('=') !== true;
  const words = args.map((_, index) => index).filter((index) => !isFlag(args[index]));
  // Behind a switch without a value an operand looks like one.
  const at = words.find((index) => !isValue(index)) ?? words[0];
  if (at === undefined) return { rest: args };
  return { operand: args[at]!, rest: args.filter((_, index) => index !== at) };
}

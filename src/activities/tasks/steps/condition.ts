import { ConditionFault, readTokens, type Token } from './condition-tokens.js';

/** How a step ended. */
export type StepOutcome = 'success' | 'failure' | 'timeout' | 'skipped';

/** What conditions and variables may ask for. */
export interface StepFacts {
  /** Whether a step before failed, those with `continueOnError` left out. */
  failed: boolean;
  steps: ReadonlyMap<string, { outcome: StepOutcome; outputs: ReadonlyMap<string, string> }>;
}

export interface Condition {
  holds(facts: StepFacts): boolean;
  /** Steps it names. */
  names: string[];
}

type Value = string | boolean;
type Evaluate = (facts: StepFacts) => Value;

const functions: Record<string, (facts: StepFacts) => boolean> = {
  success: ({ failed }) => !failed,
  failure: ({ failed }) => failed,
  always: () => true,
};

/**
 * Reads a condition: `success()`, `failure()`, `always()`, `steps.NAME.outcome`, `steps.NAME.outputs.X`, texts in single
 * quotes, `true`, `false`, `==`, `!=`, `!`, `&&`, `||` and parentheses. Where none of the functions is named, `success()`
 * must hold as well.
 * @throws ConditionFault
 */
export function parseCondition(text: string): Condition {
  const tokens = readTokens(text);
  const names: string[] = [];
  let status = false;
  let at = 0;

  const evaluate = either();
  if (at < tokens.length) throw fault('&&, || or the end');
  return {
    names,
    holds: (facts) => (status || !facts.failed) && truth(evaluate(facts)),
  };

  function either(): Evaluate {
    let left = both();
    while (take('||')) {
      const [first, second] = [left, both()];
      left = (facts) => truth(first(facts)) || truth(second(facts));
    }
    return left;
  }

  function both(): Evaluate {
    let left = comparison();
    while (take('&&')) {
      const [first, second] = [left, comparison()];
      left = (facts) => truth(first(facts)) && truth(second(facts));
    }
    return left;
  }

  function comparison(): Evaluate {
    const left = operand();
    if (take('==')) return compare(left, true);
    return take('!=') ? compare(left, false) : left;
  }

  function compare(left: Evaluate, equal: boolean): Evaluate {
    const right = operand();
    return (facts) => (String(left(facts)) === String(right(facts))) === equal;
  }

  function operand(): Evaluate {
    if (take('!')) {
      const inner = operand();
      return (facts) => !truth(inner(facts));
    }
    if (take('(')) {
      const inner = either();
      expect(')');
      return inner;
    }
    const token = tokens[at];
    if (token?.kind === 'text') {
      at++;
      return () => token.value;
    }
    if (token?.kind === 'path') return path(token);
    throw fault("success(), failure(), always(), steps.NAME.outcome, a text in '…', ! or (");
  }

  function path({ value }: Token): Evaluate {
    const [head = '', name = '', what, output = ''] = value.split('.');
    if (value === 'true' || value === 'false') {
      at++;
      return () => value === 'true';
    }
    const test = Object.hasOwn(functions, value) ? functions[value] : undefined;
    if (test) {
      at++;
      expect('(');
      expect(')');
      status = true;
      return test;
    }
    const reads = what === 'outputs' ? output !== '' : what === 'outcome' && output === '';
    if (head !== 'steps' || name === '' || !reads || value.split('.').length > 4) {
      throw fault('success(), failure(), always(), steps.NAME.outcome or steps.NAME.outputs.X');
    }
    at++;
    names.push(name);
    return ({ steps }) => {
      const step = steps.get(name);
      return (what === 'outcome' ? step?.outcome : step?.outputs.get(output)) ?? '';
    };
  }

  function take(sign: string): boolean {
    const found = tokens[at]?.kind === 'sign' && tokens[at]?.value === sign;
    if (found) at++;
    return found;
  }

  function expect(sign: string): void {
    if (!take(sign)) throw fault(sign);
  }

  function fault(expected: string): ConditionFault {
    return new ConditionFault(expected, tokens[at]?.at ?? text.length);
  }
}

function truth(value: Value): boolean {
  return value !== false && value !== '' && value !== 'false';
}

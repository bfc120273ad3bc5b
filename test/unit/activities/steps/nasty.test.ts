import { expect, test } from 'vitest';
import { runSteps, tempFolder } from './steps-run.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts as they are.
const seeds = [
  ...[
    '',
    ' ',
    '-',
    '--',
    '--help',
    '-e',
    '-rf /',
    '.',
    '..',
    '/',
    '~',
    '*',
    '?',
    '[a-z]',
    '{a,b}',
    '!!',
    '#',
    '%s%n%d',
  ],
  ...[
    '$HOME',
    '${HOME}',
    '$(id)',
    '`id`',
    '$((1+1))',
    '$@',
    '$0',
    '\\',
    '\\\\',
    '\\n',
    '\\0',
    '"',
    "'",
    "'\"'",
    "';id;'",
  ],
  ...[
    '"; id; "',
    '| id',
    '& id',
    '&& id',
    '|| id',
    '; id',
    '> file',
    '< /etc/passwd',
    '<(id)',
    '\n',
    'a\nb',
    '\r\n',
    '\t',
  ],
  ...[
    '\u0001\u001b[31m',
    '\u007f',
    '\u0085',
    '\u2028\u2029',
    '\ufeff',
    '\u200b',
    '\u202e',
    'é',
    'e\u0301',
    'ß',
    '日本語',
    '🙂',
    '👩‍👩‍👧',
  ],
  ...['null', 'undefined', 'true', '0', '-1', '1e309', 'NaN', '{}', '[]', '<script>alert(1)</script>', "' OR 1=1 --"],
  ...[
    '../../etc/passwd',
    'file:///etc/passwd',
    '${{ x',
    '}}',
    '{{ a }}',
    '<%= a %>',
    '${jndi:ldap://x}',
    '%00',
    '\\x00',
  ],
  ...['__proto__', 'constructor', 'toString', 'LD_PRELOAD', 'IFS', 'PATH=', 'a=b', '=', '==', 'x'.repeat(5000)],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: from here on it would be a mistake.
/** Each of them by itself, and beside and inside other text. */
const strings = [
  ...new Set(seeds.flatMap((seed) => [seed, `${seed}${seed}`, `a ${seed} b`, `-${seed}`, `${seed}\n`, `"${seed}"`])),
];

const show =
  'const { argv, env } = process; process.stdout.write(JSON.stringify([argv.slice(1), Object.entries(env), process.ppid]))';

test('strings of every kind reach the program byte for byte, as arguments and as values', async () => {
  expect(strings.length).toBeGreaterThan(515);
  const env = Object.fromEntries(strings.map((value, index) => [`V${index}`, value]));
  const step = { name: 'show', run: [process.execPath, '-e', show, '--', ...strings], env };
  const ran = await runSteps({ steps: [step] }, { processes: true, folder: tempFolder() });
  expect(ran.error).toBeUndefined();
  const [argv, entries, parent] = JSON.parse(ran.printed('show').join('')) as [string[], [string, string][], number];
  expect(argv).toEqual(strings);
  const got = new Map(entries);
  expect(Object.keys(env).filter((name) => got.get(name) !== env[name])).toEqual([]);
  // No process between the worker and the program: none that could have read them.
  expect(parent).toBe(process.pid);
}, 30_000);

test.runIf(process.platform === 'linux')(
  'strings of every kind reach the program as names of variables, where a name can be so',
  async () => {
    const possible = strings.filter(
      (name) => name !== '' && !name.includes('=') && !/^(LD_|PATH|HOME|LANG)/.test(name),
    );
    // JSON has no way to say it, and neither have jobs.
    const names = possible.filter((name) => name !== '__proto__');
    const env = Object.fromEntries(names.map((name, index) => [name, String(index)]));
    // Node itself does not list variables that are numbers; the system does.
    const raw = "process.stdout.write(require('fs').readFileSync('/proc/self/environ').toString('base64'))";
    const step = { name: 'show', run: [process.execPath, '-e', raw], env };
    const ran = await runSteps({ steps: [step] }, { processes: true, folder: tempFolder() });
    expect(ran.error).toBeUndefined();
    const pairs = Buffer.from(ran.printed('show').join(''), 'base64').toString().split('\0');
    const got = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
    expect(names.filter((name, index) => got.get(name) !== String(index))).toEqual([]);
  },
  30_000,
);

test('strings of every kind reach the shell as they are: none is spliced into a script', async () => {
  const steps = strings
    .filter((_, index) => index % 60 === 1)
    .map((value, index) => ({
      name: `s${index}`,
      run: 'printf %s "$VALUE"; test "$(ls -A)" = ""',
      env: { VALUE: value },
    }));
  const ran = await runSteps({ steps }, { processes: true, folder: tempFolder() });
  expect(ran.error).toBeUndefined();
  for (const { name, env } of steps) {
    expect(ran.printed(name).join('\n')).toBe(env.VALUE.replace(/\r\n/g, '\n').replace(/\n$/, ''));
  }
}, 30_000);

test('outputs of a step are values for others, never looked into again', async () => {
  const values = strings.filter((value) => !/[\r\n]/.test(value) && value.length < 1000);
  const steps = [
    {
      name: 'make',
      run: [
        'sh',
        '-c',
        'for v; do i=$((i+1)); printf "o%s=%s\\n" "$i" "$v"; done > "$CARILLON_OUTPUT"',
        'sh',
        ...values,
      ],
    },
    {
      name: 'show',
      run: [process.execPath, '-e', show],
      env: Object.fromEntries(values.map((_, index) => [`V${index}`, `\${{ steps.make.outputs.o${index + 1} }}`])),
    },
  ];
  const ran = await runSteps({ steps }, { processes: true, folder: tempFolder() });
  expect(ran.error).toBeUndefined();
  const [, entries] = JSON.parse(ran.printed('show').join('')) as [unknown, [string, string][]];
  const got = new Map(entries);
  expect(values.filter((value, index) => got.get(`V${index}`) !== value)).toEqual([]);
}, 30_000);

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is tested
/**
 * Strings that break programs: after the kinds of the "Big List of Naughty Strings", written anew. All are different and
 * well-formed Unicode, so UTF-8 keeps each byte for byte; none holds NUL, which no argument of a process and no text of
 * PostgreSQL can hold: those are in {@link nulStrings}. The same list at every load.
 */
export const nastyStrings: string[] = [];

/** Strings with NUL in them: to be kept byte for byte, or refused with a clear error. */
export const nulStrings = ['\0', 'before\0after', '\0leading', 'trailing\0', '%00\0'];

// biome-ignore format: many strings, few lines
const empty = [
  '', ' ', '  ', '\t', ' leading', 'trailing ', ' both ', '-', '--', '.', '..', '...', '/', '\\', '~', '*', '?', '_',
];

// biome-ignore format: many strings, few lines
const looksLikeSomethingElse = [
  'undefined', 'undef', 'null', 'NULL', '(null)', 'nil', 'NIL', 'None', 'true', 'false', 'True', 'False', 'TRUE',
  'yes', 'no', 'on', 'off', 'NaN', 'Infinity', '-Infinity', 'INF', '1#INF', '-1#IND', '0', '1', '-1', '-0', '00',
  '007', '1.00', '$1.00', '1/2', '1E2', '1E+02', '-1E-02', '1e1000', '1/0', '0/0', '-2147483648/-1', '0.00', '0..0',
  '.', '0.0.0', '0,00', '0,,0',
  '1,000,000.00', "1'000'000", '1 000 000', '9223372036854775807', '9223372036854775808', '-9223372036854775809',
  '9007199254740993', '0x0', '0xffffffff', '0xabad1dea', '0b1', '0o7', '123456789012345678901234567890123456789',
  '08', '1_000', '2026-02-30', '2026-01-01T00:00:00Z', '12:60', '1h30m', 'P1D', '[object Object]', '[]', '{}', '[1,2',
  '{"a":', '"', "'", '`', 'toString', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf', 'then', 'prototype',
  'length', 'CON', 'PRN', 'AUX', 'NUL', 'COM1', 'LPT1', 'secret://nothing', 'file:///etc/passwd',
  'javascript:alert(1)', 'data:text/html,<b>x</b>', 'about:blank',
];

// biome-ignore format: many strings, few lines
const shell = [
  '$HOME', '${HOME}', '$(id)', '`id`', '$(touch /tmp/carillon-nasty)', '`touch /tmp/carillon-nasty`', '; id', '& id',
  '&& id', '| id', '|| id', '> /tmp/carillon-nasty', '< /etc/passwd', '\nid\n', '; touch /tmp/carillon-nasty #',
  "'; id; '", '"; id; "', '$((1+1))', '{a,b}', '{1..9}', '~root', '!!', '!-1', '\\', '\\\\', '\\n', "\\'", '"\\""',
  '$IFS', '${IFS}id', 'a b', "a'b", 'a"b', '--help', '--version', '-rf', '-n', '--', '-e',
  '--output=/tmp/carillon-nasty', '@file', '%PATH%', '^', '%', '%n%s%x', '%d', '%s%s%s%s%s', '%99999999s', '<(id)',
  '>(id)', '$$', '$?', '$@', '$*', '$0', '[a-z]*', '?(a)', '\\u0041', '\\x41', '\\101', '&#65;', "$'\\x41'",
  'eval id', 'exec id', 'sh -c id', '#!/bin/sh', '# comment', '\\\nid', 'a;b|c&d', '${1:-x}', '${!x}', 'kill -9 -1',
  ':(){ :|:& };:',
];

// biome-ignore format: many strings, few lines
const databases = [
  "'; drop table jobs; --", "' or '1'='1", '" or ""="', '1; select pg_sleep(9)--', "\\'; drop table jobs; --", "''",
  "'", '"";', '--', '/* comment */', '*/', '$1', '$$ select 1 $$', '$tag$x$tag$', ':name', '?', '@variable',
  "E'\\\\x41'", "U&'\\0041'", '%', '_', '\\%', 'a%b_c', "admin'--", "') or ('a'='a", "1' union select null,null--",
  '1;', 'select 1', "x'; vacuum; --", 'null--', '\\.', '\\N', '\\copy', 'COPY jobs TO STDOUT', '{"$gt": ""}',
  '{"$where": "1"}', '[$ne]=1', '*)(uid=*', '\\u0027', '=1+1', '+1+1', '-1+1', '@SUM(1)', "=cmd|' /C calc'!A0", 'a,b',
  'a;b', 'a\tb',
];

// biome-ignore format: many strings, few lines
const templates = [
  '{{ run.id }}', '{{ 7 * 7 }}', '{{', '}}', '{%', '%}', '{% raw %}', '{% endraw %}', '{% if true %}x{% endif %}',
  '{{ unknown }}', '{% include "/etc/passwd" %}', '{# comment #}', '{{{x}}}', '${7*7}', '#{7*7}', '<%= 7*7 %>',
  '{{constructor.constructor("return 1")()}}', '{% assign x = 1 %}', '{{ "a" | append: "b" }}', '{{-x-}}',
  '{%- comment -%}', '@{x}', '*{x}', '[[${x}]]', '$x', '%{x}', '%(x)s', '{0}', '{x}', '{{x', 'x}}',
];

// biome-ignore format: many strings, few lines
const markup = [
  '<script>alert(1)</script>', '&lt;b&gt;', '<img src=x onerror=alert(1)>', '"><b>', "'><b>", '</title><b>',
  '<!-- comment -->', ']]>', '<![CDATA[x]]>', '<?xml version="1.0"?>', '<!ENTITY x SYSTEM "file:///etc/passwd">',
  '&amp;', '&#x41;', '&copy', '<a href="javascript:alert(1)">x</a>', '<svg/onload=alert(1)>',
  '<style>@import "x";</style>', '<iframe src=x>', '<b', 'b>', '<\u00a0b>', '&', '<', '>', '<>', '</', '/>',
  '<b>bold</b>',
];

// biome-ignore format: many strings, few lines
const protocols = [
  'a\r\nb', 'a\nb', 'a\rb', '\r\n', '\n', '\r', '\r\n\r\nHTTP/1.1 200 OK', 'x\r\nBcc: somebody@example.net',
  'x\nBcc: somebody@example.net', '.\r\n', '\r\n.\r\nMAIL FROM:<a@example.net>', 'a\u0085b', 'a\u2028b', 'a\u2029b',
  '%0d%0aSet-Cookie: a=b', '%0A', '%2e%2e%2f', '../../etc/passwd', '..\\..\\x', '/etc/passwd', '//example.net/',
  'http://user:pass@127.0.0.1/', '?a=b&c=d', '#fragment', 'a/b', 'a//b', 'a/../b', 'a/./b', '%2F', '%25', '%', '%zz',
  '%C0%AE', '+', 'a+b', 'a=b', 'a&b', 'a;b=c', '=?utf-8?Q?x?=', '"name" <a@example.net>', 'a@b@c', 'a,b@example.net',
  '<a@example.net>', 'a@example.net>', 'xn--mnchen-3ya.de', 'münchen.example', '--boundary', '--boundary--',
  'Content-Type: text/html', 'a: b', ': ', 'chunked', '0\r\n\r\n', '\ufeffbom',
];

// biome-ignore format: many strings, few lines
const scripts = [
  '田中さんにあげて下さい', 'パーティーへ行かないか', '和製漢語', '部落格', '사회과학원 어학연구소', '찦차를 타고 온 펲시맨', '社會科學院語學研究所', '울란바토르', '𠜎𠜱𠝹𠱓𠱸𠲖𠳏', 'Ⱥ',
  'ȺȾ', 'Ω≈ç√∫˜µ≤≥÷', 'åß∂ƒ©˙∆˚¬…æ', 'œ∑´®†¥¨ˆøπ“‘', '¡™£¢∞§¶•ªº–≠', '¸˛Ç◊ı˜Â¯˘¿', 'ÅÍÎÏ˝ÓÔÒÚÆ☃', '⅛⅜⅝⅞',
  'ЁЂЃЄЅІЇЈЉЊ', '٠١٢٣٤٥٦٧٨٩', '⁰⁴⁵', '₀₁₂', 'ด้้้้้็็็็็้้้้้็็็็', 'בְּרֵאשִׁית', 'הָיְתָהtestالصفحات', '﷽', 'ﷺ',
  'مُنَاقَشَةُ سُبُلِ', 'ﬁ ﬂ ﬀ', 'İstanbul ıi', 'ẞ ß SS', 'Ǆ ǅ ǆ', 'e\u0301 é', 'A\u030a Å Å', 'q\u0307\u0323', '각 각',
  '\u1100\u1161\u11a8', 'Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮', '˙ɐnbᴉlɐ ɐuƃɐɯ', '𝐓𝐡𝐞 𝔮𝔲𝔦𝔠𝔨', '⒯⒣⒠', 'Ｔｈｅ ｆｕｌｌ', '𐐜 𐐔𐐇𐐝𐐀',
  'ᚻᛖ ᚳᚹᚫᚦ', '𒀀𒁉', '𓀀𓂀', '😍', '👩🏽', '👾 🙇 💁 🙅', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🇺🇸🇷🇺🇸', '1️⃣ 2️⃣', '🐵 🙈 🙉', '❤️ 💔', '✋🏿 💪🏿',
  '🚾 🆒 🆓', '(｡◕ ∀ ◕｡)', '(╯°□°）╯︵ ┻━┻', '¯\\_(ツ)_/¯', '｀ｨ(´∀｀∩', '☺︎ ☺️', '🧑\u{200d}🚀',
];

/** Controls (but NUL), the odd spaces, directions and other marks nobody sees, each by itself and inside a word. */
const codePoints = [
  ...range(0x01, 0x1f),
  ...range(0x7f, 0x9f),
  ...[0xa0, 0xad, 0x034f, 0x0600, 0x061c, 0x070f, 0x115f, 0x1160, 0x1680, 0x17b4, 0x180e],
  ...range(0x2000, 0x200f),
  ...range(0x2028, 0x202f),
  ...range(0x205f, 0x206f),
  ...[
    0x3000, 0x2800, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff, 0xd7ff,
    0xe000, 0xf8ff,
  ],
  ...[0x10000, 0x1d159, 0x1d173, 0x1fffe, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xf0000, 0x10fffd, 0x10ffff],
];
const unseen = codePoints.map((code) => String.fromCodePoint(code)).flatMap((mark) => [mark, `a${mark}b`]);

const long = [
  'x'.repeat(255),
  'x'.repeat(256),
  'x'.repeat(1023),
  'x'.repeat(4097),
  'é'.repeat(2048),
  '😀'.repeat(1000),
  'e\u0301'.repeat(1500),
  'a '.repeat(1000),
  '\\'.repeat(999),
  '"'.repeat(999),
  "'".repeat(999),
  '%'.repeat(999),
  '('.repeat(1000) + ')'.repeat(1000),
  '['.repeat(1500),
  '{'.repeat(1500),
  '<b>'.repeat(500),
  '../'.repeat(500),
  'a\n'.repeat(500),
  `${'a'.repeat(30)}!`.repeat(40),
  Array.from({ length: 2000 }, (_, index) => String.fromCodePoint(0x20 + ((index * 7919) % 0xd000) || 0x20)).join(''),
];

const all = [
  empty,
  looksLikeSomethingElse,
  shell,
  databases,
  templates,
  markup,
  protocols,
  scripts,
  unseen,
  long,
].flat();
nastyStrings.push(...new Set(all.filter((text) => !text.includes('\0'))));

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEnvFile } from '../../../functions/vault/domain/env-file.ts';
import { importLines } from '../../../functions/vault/domain/import-lines.ts';
import { NotJsonObject, parseJsonFile } from '../../../functions/vault/domain/json-file.ts';

const values = (content: string) => parseEnvFile(content).map(({ line, name, value, fault }) => [line, name, value ?? fault]);

describe('a `.env` file', () => {
  test.each<[string, string]>([
    ['A=plain', 'plain'],
    ['  A = spaced  ', 'spaced'],
    ['export A=exported', 'exported'],
    ['A=', ''],
    ['A=""', ''],
    ['A=with # a comment', 'with'],
    ['A=with#none', 'with#none'],
    ['A=# only', ''],
    ['A="in # quotes" # a comment', 'in # quotes'],
    ["A='$HOME \\n stays'", '$HOME \\n stays'],
    ['A="line\\nline \\"q\\" \\\\ \\$ \\d"', 'line\nline "q" \\ $ \\d'],
    ['A="over\nlines"', 'over\nlines'],
    ["A='-----BEGIN KEY-----\r\nabc=\r\n-----END KEY-----'", '-----BEGIN KEY-----\nabc=\n-----END KEY-----'],
    ['A=`it\'s "both"`', 'it\'s "both"'],
    ['A=a=b=c==', 'a=b=c=='],
    ['\ufeffA=marked', 'marked'],
  ])('reads %j', (content, value) => {
    expect(parseEnvFile(content)).toMatchObject([{ name: 'A', value }]);
  });

  test('counts lines through comments, blank lines and values over several of them', () => {
    expect(values('# a\n\nA=1\nB="x\ny\nz"\n  # c\nC=3\nnonsense\nD=\'4\' tail\nE=5')).toEqual([
      [3, 'A', '1'],
      [4, 'B', 'x\ny\nz'],
      [8, 'C', '3'],
      [9, undefined, 'this line is not `NAME=value`'],
      [10, 'D', 'something follows the closing quote'],
      [11, 'E', '5'],
    ]);
  });

  test('is not read behind a quote that never closes', () => {
    expect(values('A=1\nB="open\nC=3\nD=4')).toEqual([
      [1, 'A', '1'],
      [2, 'B', 'the quote that begins here never closes; nothing behind it was read'],
    ]);
  });

  test('takes linear time whatever it holds', () => {
    for (const part of ['A="', '\\', ' ', '#', 'a', '=', "A='x'\n", '\n', 'export ']) {
      const before = process.cpuUsage();
      parseEnvFile(part.repeat(1_000_000 / part.length));
      // Quadratic work on a million characters takes minutes.
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000);
    }
  });
});

describe('a JSON file', () => {
  test('gives each name with its line, duplicates included', () => {
    const content = '{\n  "A": "1",\n  "B": {"A": "}\\"", "C": [1]},\n\n  "A": "2", "D": 4, "E": null, "\\u0046": "\\n"\n}';
    expect(parseJsonFile(content)).toEqual([
      { line: 2, name: 'A', value: '1' },
      { line: 3, name: 'B', fault: 'a value is a string' },
      { line: 5, name: 'A', value: '2' },
      { line: 5, name: 'D', fault: 'a value is a string' },
      { line: 5, name: 'E', fault: 'a value is a string' },
      { line: 5, name: 'F', value: '\n' },
    ]);
    expect(parseJsonFile('{}')).toEqual([]);
  });

  test('reads what JSON writes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((name) => name !== '__proto__'),
          fc.string(),
        ),
        fc.boolean(),
        (object, pretty) => {
          const read = parseJsonFile(JSON.stringify(object, undefined, pretty ? 2 : 0));
          expect(Object.fromEntries(read.map(({ name, value }) => [name, value]))).toEqual({ ...object });
        },
      ),
    );
  });

  test.each(['', '[]', '"A"', 'null', '{"A": "1"', '{A: 1}'])('is refused as %j, without repeating it', (content) => {
    expect(() => parseJsonFile(content)).toThrow(NotJsonObject);
  });
});

test('of a name on several lines the last counts, and what is no name is not repeated', () => {
  const { lines, refused } = importLines(parseEnvFile('A=1\nb=lower\nA=2\ns3cr3t-value=x\nA=3'));
  expect(lines).toEqual([{ line: 5, name: 'A', value: '3' }]);
  expect(refused.map(({ line, name }) => [line, name])).toEqual([
    [2, undefined],
    [1, 'A'],
    [4, undefined],
    [3, 'A'],
  ]);
  expect(JSON.stringify(refused)).not.toContain('s3cr3t');
});

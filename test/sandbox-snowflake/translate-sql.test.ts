import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Bind } from '../../src/sandbox/snowflake/sql/binds.js';
import * as translator from '../../src/sandbox/snowflake/sql/translate-sql.js';

const translateSql = (...given: Parameters<typeof translator.translateSql>): string =>
  translator.translateSql(...given).sql;

/** Drawing from all of Unicode takes seconds; these are what could end a literal. */
const awkward = fc.constantFrom("'", '\\', '"', '?', ':', ';', '-', '$', '\n', '\0', 'a', '\u{1F642}');
const binds = (...values: Bind[]) => new Map(values.map((bind, index) => [index + 1, bind]));
const textBind = (value: Bind['value']): Bind => ({ type: 'TEXT', value });

describe('translating SQL for the engine', () => {
  it('puts bind variables in as literals, but not into literals, names or comments', () => {
    assert.equal(
      translateSql(
        `SELECT ?, '?', "A?", x::DATE, ? /* ? */ -- ?`,
        binds(textBind("it's"), { type: 'FIXED', value: '7' }),
      ),
      `SELECT 'it''s', '?', "A?", X::DATE, 7`,
    );
    assert.equal(translateSql('SELECT :2, :1', binds(textBind('a'), textBind(null))), "SELECT NULL, 'a'");
  });

  it('fails when a bind variable has no value', () => {
    assert.throws(() => translateSql('SELECT ?'), { code: '002049' });
  });

  it('refuses a second statement, but not a semicolon at the end or inside a literal', () => {
    assert.equal(translateSql("SELECT ';' ; -- done;"), "SELECT ';'");
    assert.throws(() => translateSql('SELECT 1; DROP TABLE t'), { code: '000008' });
    assert.throws(() => translateSql(' ; '), { code: '000900' });
  });

  it('repeats an INSERT for every row of array binding', () => {
    assert.equal(
      translateSql('INSERT INTO t VALUES (?, ?)', binds(textBind(['a', 'b']), textBind(['1', null]))),
      "INSERT INTO T VALUES ('a', '1'),('b', NULL)",
    );
  });

  it('understands backslash escapes, which the engine does not', () => {
    assert.equal(translateSql(String.raw`SELECT 'it\'s', 'a\\b', '\n';`), `SELECT 'it''s', 'a\\b', '\n'`);
  });

  it('spells table kinds and types as the engine does', () => {
    assert.equal(
      translateSql('CREATE OR REPLACE TRANSIENT TABLE t (n NUMBER(38, 0), at TIMESTAMP_NTZ(9))'),
      'CREATE OR REPLACE TABLE T (N DECIMAL(38,0), AT TIMESTAMP)',
    );
  });

  it('never lets a bound value be anything but one literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: awkward }), (value) => {
        const literal = translateSql('?', binds(textBind(value)));
        assert.equal(literal.slice(1, -1).replaceAll("''", '"').includes("'"), false);
        assert.equal(literal.slice(1, -1).replaceAll("''", "'"), value);
      }),
    );
  });
});

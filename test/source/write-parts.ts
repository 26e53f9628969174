import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { SuperviseError, type ErrorCode } from '../../src/errors/supervise-error.js';
import type { CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import { usualDialect, type HeaderMode } from '../../src/source/csv/dialect.js';
import type { RecordSource } from '../../src/source/record-source.js';
import { openSource, temporaryFolder } from './csv-fixture.js';

export type Contents = Readonly<Record<string, string | Buffer>>;

/** A source of parts in a folder of its own; names are inside it. */
export interface Parts {
  readonly folder: string;
  open(options?: Partial<CsvSourceOptions>): RecordSource;
}

export async function writeParts(
  t: TestContext,
  contents: Contents,
  given: Partial<CsvSourceOptions> = {},
): Promise<Parts> {
  const folder = await temporaryFolder(t);
  for (const [name, content] of Object.entries(contents)) await writeFile(path.join(folder, name), content);
  const inside = (named: string | readonly string[]): string | string[] =>
    typeof named === 'string' ? path.join(folder, named) : named.map((name) => path.join(folder, name));
  return {
    folder,
    open: (options = {}) => {
      const { dataFile = 'p_*', tokenFile = dataFile, ...rest } = { ...given, ...options };
      return openSource({ ...rest, dataFile: inside(dataFile), tokenFile: inside(tokenFile) });
    },
  };
}

export const withHeader = (header: HeaderMode) => ({ dialect: { ...usualDialect, header } });

export function refuses(says: RegExp, code: ErrorCode = 'source', hint = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SuperviseError && error.code === code, String(error));
    assert.match(error.message, says);
    assert.match(error.hint ?? '', hint);
    return true;
  };
}

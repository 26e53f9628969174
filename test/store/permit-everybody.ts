import assert from 'node:assert/strict';
import { storeSql } from '../../src/store/postgres/schema-sql.js';
import { Store } from '../../src/store/postgres/store.js';

/** The negative control: takes from the store of a test what refuses a permission to whoever is not the owner any more. */
export async function permitEverybody(url: string): Promise<void> {
  const check = "IF NOT FOUND THEN verdict := 'fenced'; RETURN; END IF;";
  assert.equal(storeSql.split(check).length, 2);
  const store = await Store.open(url, { name: 'test', connections: 1 });
  await store.tell(storeSql.replace(check, ''));
  await store.close();
}

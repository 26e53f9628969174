import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountName } from '../../src/source/snowflake/account-name.js';

test('an account is taken as its identifier, its host, its URL or a page of Snowsight, and nothing else is', () => {
  const taken = {
    'ORG-ACCT': 'ORG-ACCT',
    ' xy12345.eu-central-1 ': 'xy12345.eu-central-1',
    'org-acct.snowflakecomputing.com': 'org-acct',
    'https://org-acct.snowflakecomputing.com': 'org-acct',
    'https://xy12345.eu-west-1.aws.snowflakecomputing.com/console/login': 'xy12345.eu-west-1.aws',
    'https://org-acct.privatelink.snowflakecomputing.com/': 'org-acct.privatelink',
    'org_acct.snowflakecomputing.cn:443': 'org_acct',
    'https://app.snowflake.com/ORG/ACCT/#/homepage': 'ORG-ACCT',
  };
  for (const [text, account] of Object.entries(taken)) assert.equal(accountName(text), account, text);
  for (const text of [
    '',
    'my account',
    'https://example.com/acct',
    'https://app.snowflake.com/',
    'https://app.snowflake.com/eu-central-1/xy12345/',
    'user@acct',
  ]) {
    assert.equal(accountName(text), undefined, text);
  }
});

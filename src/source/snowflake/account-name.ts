const hostOfAccount = /^(?<account>[a-z0-9_.-]+)\.snowflakecomputing\.(?:com|cn)$/i;
const identifier = /^[a-z0-9_.-]+$/i;

/**
 * The account identifier in what people paste for it: itself, the host or URL of the account, or the address of a page of
 * Snowsight (`https://app.snowflake.com/ORG/ACCOUNT/…`). Undefined for anything else.
 */
export function accountName(text: string): string | undefined {
  const trimmed = text.trim();
  if (!/[/:]/.test(trimmed))
    return accountOfHost(trimmed) ?? (identifier.test(trimmed) ? trimmed : undefined);
  const url = trimmed.includes('://') ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  const [, organisation, account] = pathname.split('/');
  if (hostname !== 'app.snowflake.com') return accountOfHost(hostname);
  // A page names organisation and account; older ones a region, which is no organisation but has dots or dashes in it.
  const isPage = organisation !== undefined && account !== undefined && identifier.test(account);
  if (!isPage || organisation === '' || account === '' || /[.-]/.test(organisation)) return undefined;
  return `${organisation}-${account}`;
}

function accountOfHost(host: string): string | undefined {
  return hostOfAccount.exec(host)?.groups?.['account'];
}

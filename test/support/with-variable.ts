/** What happens while a variable of this process has another value. */
export async function withVariable(name: string, value: string, happens: () => Promise<void>): Promise<void> {
  const before = process.env[name];
  Object.assign(process.env, { [name]: value });
  try {
    await happens();
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, name);
    else Object.assign(process.env, { [name]: before });
  }
}

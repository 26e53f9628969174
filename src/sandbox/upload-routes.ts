import { rowOf, type NamedRecord, type RecordSurroundings } from './record-methods.js';
import { jsonReply, notServed, VaultRefusal, type Reply } from './vault-reply.js';

/** A part of a form: what it says, and the name of its file if it is one. */
interface Part {
  readonly text: string;
  readonly file: string | undefined;
}

/** The parts of a form (multipart/form-data) by name; content of files is not looked at. */
function readForm(body: unknown): ReadonlyMap<string, Part> {
  const text = String(body);
  const boundary = /^(?:\r\n)*(--[^\r\n]+)\r?\n/u.exec(text)?.[1];
  const parts = new Map<string, Part>();
  for (const part of boundary === undefined ? [] : text.split(boundary)) {
    const [, name, file] =
      /content-disposition:\s*form-data;\s*name="([^"]*)"(?:;\s*filename="([^"]*)")?/iu.exec(part) ?? [];
    const at = part.indexOf('\r\n\r\n');
    if (name !== undefined && at !== -1) {
      parts.set(name, { text: part.slice(at + 4).replace(/\r\n$/u, ''), file });
    }
  }
  return parts;
}

/** `POST /v1/vaults/{id}/{table}/{ID}/files`: the part is called by the column, whose value the name of the file becomes. */
export function uploadFile({ options, store }: RecordSurroundings, of: NamedRecord, body: unknown): Reply {
  const table = store.tableForReading(of.vaultId, of.table, options);
  const row = rowOf(table, of.id, 'Update');
  const [column, part] = [...readForm(body)].find(([, { file }]) => file !== undefined) ?? [];
  if (column === undefined) throw new VaultRefusal(400, 'Invalid request. A file is missing');
  table.update(row, { [column]: part?.file }, undefined, false);
  return jsonReply(JSON.stringify({ skyflow_id: of.id }));
}

/**
 * `POST /v2/vaults/{id}/files/upload`: a form with `tableName`, `columnName`, `file` and, for a record that is there,
 * `skyflowID`; without it a record is made.
 */
export function uploadNamed({ options, store }: RecordSurroundings, vaultId: string, body: unknown): Reply {
  const form = readForm(body);
  const said = (name: string): string => {
    const text = form.get(name)?.text;
    if (text === undefined || text === '') throw new VaultRefusal(400, `Invalid request. ${name} is missing`);
    return text;
  };
  const [tableName, column] = [said('tableName'), said('columnName')];
  const file = form.get('file')?.file;
  if (file === undefined) throw new VaultRefusal(400, 'Invalid request. file is missing');
  if (form.get('returnFileMetadata')?.text === 'true') throw notServed('returnFileMetadata');
  const id = form.get('skyflowID')?.text ?? '';
  if (id !== '') {
    const table = store.tableForReading(vaultId, tableName, options);
    table.update(rowOf(table, id, 'Update'), { [column]: file }, undefined, false);
    return jsonReply(JSON.stringify({ skyflowID: id, fileMetadata: null }));
  }
  const table = store.tableForInsert(vaultId, tableName, options);
  const row = table.append({ [column]: file }, undefined);
  return jsonReply(JSON.stringify({ skyflowID: table.idOf(row), fileMetadata: null }));
}

// What a terminal shows of a session, lines that scrolled away included, and its picture as SVG.

/** A colour of each of the eight of a terminal, as it stands in the picture. */
const colours = { 31: '#f0857c', 32: '#5bc08d', 33: '#e0a63a', 36: '#6cb6f0' };
const [ink, paper, soft] = ['#dfe7ee', '#131a21', '#8a98a6'];

/** A control sequence, or a character. */
const written = new RegExp(String.raw`${String.fromCharCode(27)}\[([?\d;]*[A-Za-z])|([^])`, 'gu');

/** Knows what the views of the program write: colours, up, clear. A cell is a character and how it looks. */
export class TerminalScreen {
  lines = [[]];
  #columns;
  #row = 0;
  #column = 0;
  #look = {};

  constructor(columns) {
    this.#columns = columns;
  }

  write(text) {
    for (const [, sequence, character] of text.matchAll(written)) {
      if (sequence !== undefined) this.#control(sequence);
      else if (character === '\n') this.#down();
      else if (character === '\r') this.#column = 0;
      else this.#put(character);
    }
  }

  #control(sequence) {
    const count = Number.parseInt(sequence) || 0;
    if (sequence.endsWith('m')) this.#paint(count);
    else if (sequence.endsWith('A')) this.#row = Math.max(0, this.#row - Math.max(1, count));
    else if (sequence === '2K') this.lines[this.#row] = [];
    else if (sequence === 'J') {
      this.lines.length = this.#row + 1;
      this.lines[this.#row].length = this.#column;
    }
  }

  #paint(code) {
    if (code === 0) this.#look = {};
    else if (code === 1) this.#look = { ...this.#look, isStrong: true };
    else if (code === 2) this.#look = { ...this.#look, colour: soft };
    else if (code === 22) this.#look = { ...this.#look, isStrong: false, colour: undefined };
    else this.#look = { ...this.#look, colour: colours[code] };
  }

  #down() {
    this.#row += 1;
    this.lines[this.#row] ??= [];
  }

  #put(character) {
    if (this.#column >= this.#columns) {
      this.#down();
      this.#column = 0;
    }
    const line = this.lines[this.#row];
    while (line.length < this.#column) line.push({ character: ' ' });
    line[this.#column] = { character, ...this.#look };
    this.#column += 1;
  }
}

const [cellWidth, lineHeight, margin, bar] = [8.4, 19, 18, 34];

/** The picture: every cell at its own place, so that it is right whatever font stands in for the named ones. */
export function drawScreen(lines, columns) {
  const shown = lines.slice(
    0,
    lines.findLastIndex((line) => line.some(({ character }) => character !== ' ')) + 1,
  );
  const width = Math.round(columns * cellWidth + 2 * margin);
  const height = shown.length * lineHeight + 2 * margin + bar;
  const texts = shown.flatMap((line, row) => runsOf(line).map((run) => textOf(run, row)));
  const dots = ['#f0857c', '#e0a63a', '#5bc08d'].map(
    (colour, at) => `<circle cx="${margin + 4 + at * 18}" cy="18" r="5.5" fill="${colour}"/>`,
  );
  const said = shown
    .map((line) =>
      line
        .map(({ character }) => character)
        .join('')
        .trimEnd(),
    )
    .join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace" font-size="14">
<title id="title">A load is killed with -9, resumed, and proved</title>
<desc>${escape(said)}</desc>
<rect width="${width}" height="${height}" rx="10" fill="${paper}"/>
${dots.join('')}
${texts.join('\n')}
</svg>
`;
}

/** Neighbours that look alike. */
function runsOf(line) {
  const runs = [];
  line.forEach((cell, column) => {
    const last = runs.at(-1);
    if (last?.colour === cell.colour && last?.isStrong === cell.isStrong) last.text += cell.character;
    else runs.push({ ...cell, column, text: cell.character });
  });
  return runs.filter(({ text }) => text.trim() !== '');
}

function textOf({ text, column, colour = ink, isStrong }, row) {
  const start = text.length - text.trimStart().length;
  const kept = text.trim();
  const x = (margin + (column + start) * cellWidth).toFixed(1);
  const y = (bar + margin + row * lineHeight).toFixed(0);
  const length = ([...kept].length * cellWidth).toFixed(1);
  const weight = isStrong === true ? ' font-weight="700"' : '';
  return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="${colour}"${weight}>${escape(kept)}</text>`;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

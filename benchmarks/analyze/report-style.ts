/** The style sheet of a report. */
export const reportStyle = `
:root { color-scheme: light; --ink: #1d2833; --soft: #51606f; --line: #e1e6eb; --accent: #1f4f7a; }
* { box-sizing: border-box; }
body { margin: 0; background: #f6f8fa; color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 0 0 10px; }
p { margin: 0 0 8px; }
.facts { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 18px; margin-top: 18px; min-width: 0; }
.best { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; list-style: none; margin: 0; padding: 0; }
.best li { border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 6px; padding: 12px 14px; }
.best strong { display: block; font-size: 18px; }
.best .time { color: var(--accent); font-weight: 600; }
.best .why { color: var(--soft); font-size: 13px; margin: 4px 0 0; }
.charts section { margin-top: 0; }
.charts { margin-top: 14px; display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; }
.plot { position: relative; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--soft); font-size: 13px; margin: 14px 2px 0; padding: 0; list-style: none; }
.risk::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; background: var(--risk); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: 13px; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
ul.risks { margin: 0 0 16px; padding: 0; list-style: none; }
ul.risks li { padding: 2px 0; }
ul.risks:last-child { margin-bottom: 0; }
.notes { color: var(--soft); font-size: 13px; margin-top: 18px; }
@media (max-width: 860px) {
  .charts, .best { grid-template-columns: minmax(0, 1fr); }
  main { padding: 20px 12px 36px; }
  section { padding: 14px; }
}
@media print { body { background: #fff; } section { break-inside: avoid; } }
`;

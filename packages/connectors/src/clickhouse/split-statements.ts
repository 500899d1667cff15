/** What a semicolon in it does not end a statement: strings, names, comments, `$tag$` texts. */
const passed =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--[^\n]*|#(?: |!)[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|;/g

/** The statements of a script; the server takes one at a time. */
export function splitStatements(script: string): string[] {
  const statements: string[] = []
  let start = 0
  for (const { 0: text, index } of script.matchAll(passed)) {
    if (text !== ';') continue
    statements.push(script.slice(start, index))
    start = index + 1
  }
  statements.push(script.slice(start))
  return statements.filter((statement) =>
    /\S/.test(statement.replace(passed, (text) => (/^(--|#|\/\*)/.test(text) ? '' : 'x'))),
  )
}

/**
 * Where the value of a field stands in a text of JSON: its first and last character, and its line from 1. The field is written as in
 * "a.b[0].c". Where there is no such field, the place of what it would stand in; null where the text is not JSON.
 */
export function placeOf(text, field) {
  const wanted = field.split(/[.[\]]+/).filter(name => name);
  let at = 0;
  let best = null;

  const blank = () => {
    while (/\s/.test(text[at] ?? "")) {
      at++;
    }
  };

  const string = () => {
    const start = at++;
    while (text[at] !== '"') {
      at += text[at] === "\\" ? 2 : 1;
    }

    at++;
    return JSON.parse(text.slice(start, at));
  };

  const value = depth => {
    blank();
    const start = at;
    if (text[at] === "{" || text[at] === "[") {
      const isObject = text[at++] === "{";
      for (let index = 0; ; index++) {
        blank();
        if (text[at] === "}" || text[at] === "]") {
          at++;
          break;
        }

        const name = isObject ? string() : `${index}`;
        blank();
        at += isObject ? 1 : 0;
        // Only along the way of the wanted field does the depth count.
        value(depth !== null && wanted[depth] === name ? depth + 1 : null);
        blank();
        at += text[at] === "," ? 1 : 0;
      }
    } else if (text[at] === '"') {
      string();
    } else {
      at += text.slice(at).match(/^[^\s,\]}]*/)[0].length;
    }

    if (depth !== null && (best === null || depth > best.depth)) {
      best = { depth, start, end: at };
    }
  };

  try {
    JSON.parse(text);
    value(0);
  } catch {
    return null;
  }

  return { start: best.start, end: best.end, line: text.slice(0, best.start).split("\n").length };
}

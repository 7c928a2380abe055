/**
 * Finds what people would read and the catalogue does not know: texts in JSX, in attributes that are shown or spoken, and strings that look
 * like sentences; texts that are said when a module is loaded, before the language is known; and figures that do not go by the language.
 *
 * A guess, so a line that is right as it is says why: `// not a text: …` on it or above it.
 */
import ts from "typescript";

/** Attributes and properties that are shown or read aloud. */
const SHOWN = new Set([
  "aria-label",
  "title",
  "placeholder",
  "alt",
  "label",
  "hint",
  "head",
  "menuLabel",
  "word",
]);
/** Those that never are. */
const HIDDEN = new Set(
  "className class look testId data-testid data-kind key id to href rel type role path d viewBox style inputMode autoComplete".split(
    " ",
  ),
);
/** Names, and signs that are the same everywhere. */
const SAME_EVERYWHERE =
  /^(Streamly|OBS|RTMPS?|px|ms|KiB|kbit\/s|Mbit\/s|kHz|GIF|Bearer …|Opus|Baseline|Main|High( 10)?|Edge|Opera|Firefox|Chrome|Safari|Android|Windows|Linux)$/;
/** Macros of Lingui, whose texts the catalogue has. */
const MACROS = new Set(["t", "msg", "plural", "select", "selectOrdinal", "defineMessage"]);
/** Calls whose strings nobody reads. */
const UNREAD =
  /^(console\.|.*\.(querySelector\w*|closest|addEventListener|removeEventListener|split|startsWith|endsWith|includes|join|getItem|setItem|get|has|set|append|field)$|.*matchMedia$|problem\?\.field|Number|fetch)/;

const hasLetters = (text) => /\p{L}/u.test(text);
const words = (text) => text.match(/\p{L}[\p{L}’'-]*/gu) ?? [];

/** "Try again", "deleted by you", "Copied": not `flex items-center`, not `ArrowLeft`, not `user_card`. */
function reads(text) {
  const said = text.trim();
  if (!hasLetters(said) || SAME_EVERYWHERE.test(said)) return false;
  if (/[_/\\<>=#@[\]{}]|https?:|^\w+[-:.]\w+|\bvar\(|--|\.…\./.test(said)) return false;
  if (/^\p{Lu}[\p{Ll}’']+[.,:;?…]?( |$)/u.test(said)) return true;
  return words(said).length >= 2 && words(said).every((word) => !word.includes("-")) && !CSS.test(said);
}
const CSS =
  /\b(flex|grid|border|rounded|text|items|absolute|relative|hidden|block|inline|px|py|px-|italic|truncate|figures|ease|solid|sr)\b|\d/;

const isFunction = (node) =>
  ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node) || ts.isPropertyDeclaration(node);

function within(node, is) {
  for (let up = node.parent; up; up = up.parent) if (is(up)) return up;
  return null;
}

const isMacro = (node) =>
  (ts.isTaggedTemplateExpression(node) && MACROS.has(node.tag.getText())) ||
  (ts.isCallExpression(node) && MACROS.has(node.expression.getText())) ||
  (ts.isJsxElement(node) && /^(Trans|Plural)$/.test(node.openingElement.tagName.getText()));

function unread(node) {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isLiteralTypeNode(parent))
    return true;
  if (ts.isExternalModuleReference(parent) || ts.isCaseClause(parent) || ts.isElementAccessExpression(parent))
    return true;
  if (ts.isBinaryExpression(parent) && /^[!=]==?$|^in$/.test(parent.operatorToken.getText())) return true;
  if (ts.isPropertyAssignment(parent) && (parent.name === node || HIDDEN.has(parent.name.getText())))
    return true;
  if (ts.isImportTypeNode(parent)) return true;
  const named = within(node, (up) => ts.isVariableDeclaration(up) || isFunction(up));
  if (named && ts.isVariableDeclaration(named) && /look|class|^rel$/i.test(named.name.getText())) return true;
  const attribute = within(node, (up) => ts.isJsxAttribute(up) || ts.isJsxElement(up) || isFunction(up));
  if (attribute && ts.isJsxAttribute(attribute) && HIDDEN.has(attribute.name.getText())) return true;
  const call = ts.isCallExpression(parent) || ts.isNewExpression(parent) ? parent : null;
  if (!call) return false;
  const name = call.expression.getText();
  // A `Problem` is put into words by its code.
  if (UNREAD.test(name) || name === "Problem" || name === "RegExp") return true;
  // One that begins small is for who reads the console.
  return name === "Error" && /^.\p{Ll}/u.test(node.getText()) && !/^.\p{Lu}/u.test(node.getText());
}

/** What one file says past the catalogue: `{line, what, text}`. */
export function literals(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, file.endsWith("x") ? 4 : 3);
  const lines = source.split("\n");
  const found = [];
  const note = (node, what, text) => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    if ([lines[line], lines[line - 1]].some((near) => near?.includes("not a text:"))) return;
    found.push({ line: line + 1, what, text: text.replace(/\s+/g, " ").trim().slice(0, 80) });
  };
  const visit = (node) => {
    if (isMacro(node)) {
      const name = ts.isTaggedTemplateExpression(node)
        ? node.tag.getText()
        : ts.isCallExpression(node) && node.expression.getText();
      if (name && name !== "msg" && name !== "defineMessage" && !within(node, isFunction))
        note(node, "said before the language is known (use msg)", node.getText());
      // What is put into a text may be one itself.
      const inner = (part) =>
        ts.isTemplateSpan(part) ? visit(part.expression) : ts.forEachChild(part, inner);
      if (ts.isTaggedTemplateExpression(node) && ts.isTemplateExpression(node.template)) inner(node.template);
      return;
    }
    if (ts.isJsxText(node) && hasLetters(node.text) && !SAME_EVERYWHERE.test(node.text.trim()))
      note(node, "text outside of the catalogue", node.text);
    if (
      ts.isStringLiteral(node) ||
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateExpression(node)
    ) {
      const text = ts.isTemplateExpression(node)
        ? [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join("…")
        : node.text;
      const shown = ts.isJsxAttribute(node.parent) && SHOWN.has(node.parent.name.getText());
      if (!unread(node) && (reads(text) || (shown && hasLetters(text) && !/^https?:/.test(text))))
        note(node, "text outside of the catalogue", text);
    }
    if (!/^src\/(ui\/figures|ui\/languages|language\/)/.test(file)) {
      if (
        ts.isPropertyAccessExpression(node) &&
        /^toLocale(String|DateString|TimeString)$/.test(node.name.text)
      )
        note(node, "figures past src/ui/figures", node.getText());
      if (
        ts.isPropertyAccessExpression(node) &&
        /^Intl\.(?!Segmenter|supportedValuesOf)/.test(node.getText()) &&
        !/resolvedOptions/.test(node.parent.parent?.getText() ?? "")
      )
        note(node, "figures past src/ui/figures", node.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

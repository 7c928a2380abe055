/**
 * A message's text as pieces: words, links, names and emotes. Pure. The text stays text: nothing in it becomes markup, and only
 * `http` and `https` addresses become links.
 */

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; url: string }
  | { kind: "mention"; text: string; username: string }
  | { kind: "emote"; name: string; url: string };

/** An address, whose host begins with a letter or a digit; a name or an emote, each at the start of a word. */
const TOKEN =
  /(https?:\/\/(?=[\p{L}\p{N}])[^\s<>"]+)|(?<![\w@])@([a-z0-9_]{3,25})(?!\w)|(?<![\p{L}\p{N}_]):([a-z0-9_]{2,24}):(?![\p{L}\p{N}_])/giu;
/** What ends a sentence belongs to it rather than to the address. */
const TRAILING = /[.,;:!?'"…\p{Cf}]+$/u;

export function pieces(text: string, emotes: Readonly<Record<string, string>> = {}): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  const words = (to: number) => {
    if (to > from) out.push({ kind: "text", text: text.slice(from, to) });
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [whole, address, name, emote] = match;
    let piece: Piece | null = null;
    let end = match.index + whole.length;
    if (address) {
      const shown = addressOnly(address);
      const url = webAddress(shown);
      if (url) piece = { kind: "link", text: shown, url };
      end = match.index + shown.length;
    } else if (name) {
      piece = { kind: "mention", text: whole, username: name.toLowerCase() };
    } else if (emote) {
      const url = Object.hasOwn(emotes, emote) ? emotes[emote] : undefined;
      if (url?.startsWith("/") && !url.startsWith("//")) piece = { kind: "emote", name: emote, url };
      // The last colon may begin the next one.
      else end -= 1;
    }
    if (piece) {
      words(match.index);
      out.push(piece);
      from = end;
    }
    TOKEN.lastIndex = Math.max(end, match.index + 1);
  }
  words(text.length);
  return out;
}

/** Without the sentence's own marks behind it, and without a bracket that was opened before it. */
function addressOnly(address: string): string {
  let shown = address.replace(TRAILING, "");
  while (shown.endsWith(")") && count(shown, ")") > count(shown, "(")) {
    shown = shown.slice(0, -1).replace(TRAILING, "");
  }
  return shown;
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

/** Cannot be seen, or turns the order of what can be. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{DI}]/u;

/** Null for what leads elsewhere than it seems: what is shown must be where it leads. */
function webAddress(text: string): string | null {
  try {
    // Browsers read a backslash as a slash, and go to what stands behind a name and "@".
    if (text.includes("\\") || UNSEEN.test(text)) return null;
    const { protocol, hostname, username, password, href } = new URL(text);
    const named = username || password || !hostname;
    return !named && (protocol === "https:" || protocol === "http:") ? href : null;
  } catch {
    return null;
  }
}

/** Whether the message speaks to this person. */
export function mentionsMe(
  message: { text: string; mentions?: string[]; reply?: { user: { id: string } } },
  me: { id: string; username: string } | null,
): boolean {
  if (!me) return false;
  if (message.mentions?.includes(me.id) || message.reply?.user.id === me.id) return true;
  return pieces(message.text).some((p) => p.kind === "mention" && p.username === me.username.toLowerCase());
}

const segments = typeof Intl.Segmenter === "function" ? new Intl.Segmenter() : null;

/** Characters as people count them: a flag or a family is one. */
export function graphemes(text: string): number {
  if (!segments) return [...text].length;
  let n = 0;
  for (const _ of segments.segment(text)) n++;
  return n;
}

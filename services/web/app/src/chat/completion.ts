/**
 * What the writer may be about to type: a command, a name, an emote. Pure: `asked` finds what stands before the caret, `offers` what
 * fits, `completed` puts the choice in.
 */
import { type Asker, type Command, commandsFor, takesUser, words } from "./commands";

export interface Asked {
  kind: "command" | "name" | "emote";
  /** What was typed of it, without its mark. */
  typed: string;
  /** From where to the caret it is replaced. */
  from: number;
}

export interface Offer {
  key: string;
  /** What replaces the typed part, with its mark. */
  insert: string;
  label: string;
  hint?: string;
  image?: string;
}

export interface Person {
  username: string;
  display_name: string;
}

export interface Known extends Asker {
  /** Latest speaker first. */
  people: readonly Person[];
  emotes: ReadonlyArray<{ name: string; url: string }>;
}

/** A longer list is no help. */
const MAX_OFFERS = 8;

/** Null when nothing can be completed at the caret. */
export function asked(text: string, caret: number): Asked | null {
  const before = text.slice(0, caret);
  const command = /^\/([a-z]*)$/i.exec(before);
  if (command) return { kind: "command", typed: (command[1] ?? "").toLowerCase(), from: 0 };
  const bare = /^\/([a-z]+) ([a-z0-9_]*)$/i.exec(before);
  if (bare && takesUser((bare[1] ?? "").toLowerCase())) {
    const typed = bare[2] ?? "";
    return { kind: "name", typed: typed.toLowerCase(), from: caret - typed.length };
  }
  const name = /(?:^|[^\w@])@([a-z0-9_]{0,25})$/i.exec(before);
  if (name) {
    const typed = name[1] ?? "";
    return { kind: "name", typed: typed.toLowerCase(), from: caret - typed.length - 1 };
  }
  // Two letters: a lone colon begins a smiley as well.
  const emote = /(?:^|\s):([a-z0-9_]{2,24})$/i.exec(before);
  if (emote) {
    const typed = emote[1] ?? "";
    return { kind: "emote", typed: typed.toLowerCase(), from: caret - typed.length - 1 };
  }
  return null;
}

export function offers(text: string, question: Asked, known: Known): Offer[] {
  switch (question.kind) {
    case "command":
      return commandsFor(known)
        .filter((c) => c.name.startsWith(question.typed))
        .slice(0, MAX_OFFERS)
        .map(commandOffer);
    case "name": {
      // Behind a command a name stands alone; in a sentence it has its mark.
      const mark = text[question.from] === "@" ? "@" : "";
      return best(known.people, question.typed, (p) => [p.username, p.display_name.toLowerCase()]).map(
        (p) => ({
          key: p.username,
          insert: mark + p.username,
          label: p.display_name || p.username,
          ...(p.display_name.toLowerCase() !== p.username ? { hint: p.username } : {}),
        }),
      );
    }
    case "emote":
      return best(known.emotes, question.typed, (e) => [e.name]).map((e) => ({
        key: e.name,
        insert: `:${e.name}:`,
        label: e.name,
        image: e.url,
      }));
  }
}

function commandOffer(command: Command): Offer {
  return {
    key: command.name,
    insert: `/${command.name}`,
    label: command.takes ? `/${command.name} ${words(command.takes)}` : `/${command.name}`,
    hint: words(command.does),
  };
}

/** Those that begin with it before those that contain it, each in the given order. */
function best<T>(all: readonly T[], typed: string, names: (one: T) => string[]): T[] {
  const begins = all.filter((one) => names(one).some((n) => n.startsWith(typed)));
  const contains = all.filter((one) => !begins.includes(one) && names(one).some((n) => n.includes(typed)));
  return [...begins, ...contains].slice(0, MAX_OFFERS);
}

/** The text with the choice in it and a space behind it, and where the caret goes. */
export function completed(
  text: string,
  caret: number,
  question: Asked,
  offer: Offer,
): { text: string; caret: number } {
  const after = text.slice(caret);
  const space = after.startsWith(" ") ? "" : " ";
  const head = text.slice(0, question.from) + offer.insert;
  return { text: head + space + after, caret: head.length + 1 };
}

/**
 * What was typed about one's broadcasts and is not saved, kept in this tab a channel: whoever goes to another page and comes back finds it. Where
 * the browser keeps nothing it lasts as long as the form. What is kept may be older than this program, so each part is looked at before it is taken.
 */
import { useEffect, useState } from "react";
import type { OwnStream } from "../../api/contract";
import { keep, keptJson } from "../../ui/kept";
import { changed, type Draft, type DraftCategory } from "./broadcast-draft";

const nameOf = (channel: string) => `streamly.draft.${channel}`;

/** What of something kept is a draft; nothing where it is none. */
export function draftOf(kept: unknown): Draft {
  if (typeof kept !== "object" || kept === null) return {};
  const { title, category, tags, tag, language, mature } = kept as Record<string, unknown>;
  const draft: Draft = {};
  if (typeof title === "string") draft.title = title;
  if (isCategory(category)) draft.category = category;
  if (Array.isArray(tags) && tags.every((one) => typeof one === "string")) draft.tags = tags;
  if (typeof tag === "string") draft.tag = tag;
  if (typeof language === "string") draft.language = language;
  if (typeof mature === "boolean") draft.mature = mature;
  return draft;
}

function isCategory(kept: unknown): kept is DraftCategory {
  if (typeof kept !== "object" || kept === null) return false;
  const { text, slug } = kept as Record<string, unknown>;
  return typeof text === "string" && (slug === undefined || typeof slug === "string");
}

/** The draft, as `useState` has it. What the channel has by now is not being edited any more. */
export function useKeptDraft(stream: OwnStream) {
  const name = nameOf(stream.id);
  const [draft, setDraft] = useState<Draft>(() => changed(draftOf(keptJson("tab", name)), {}, stream));
  useEffect(() => {
    keep("tab", name, Object.keys(draft).length > 0 ? JSON.stringify(draft) : null);
  }, [draft, name]);
  return [draft, setDraft] as const;
}

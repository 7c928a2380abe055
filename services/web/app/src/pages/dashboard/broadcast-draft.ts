/**
 * What was typed about one's broadcasts and is not saved. What was not touched is not in it, and shows what the channel has, also when that is
 * changed elsewhere. Pure.
 */
import { t } from "@lingui/core/macro";
import type { ChannelEdit } from "../../api/channels";
import type { OwnStream } from "../../api/contract";
import { categoryName } from "../../language/category-name";
import { type Choice, choiceCalled } from "../../ui/choices-like";
import { withTags } from "../channel/tags";

export interface DraftCategory {
  /** As it is typed, or called in the list. */
  text: string;
  /** Where it was chosen from the list; "" is none. Two may be called the same. */
  slug?: string;
}

export interface Draft {
  title?: string;
  category?: DraftCategory;
  tags?: string[];
  /** What is typed for the next tag. */
  tag?: string;
  /** BCP 47; "" is not said. */
  language?: string;
  /** For adults. */
  mature?: boolean;
}

export type Part = "title" | "category" | "tags" | "language" | "mature";

type Channel = Pick<OwnStream, "title" | "category" | "category_slug" | "tags" | "language" | "mature">;

const categoryOf = (channel: Channel) => (channel.category ? categoryName(channel.category) : "");
const languageOf = (channel: Channel) => channel.language ?? "";
const isMature = (channel: Channel) => channel.mature ?? false;

/** Whether it is what the channel has: of one that was chosen its slug says so, where the channel's is known. */
const isCategoryOf = ({ text, slug }: DraftCategory, channel: Channel) =>
  slug && channel.category_slug ? slug === channel.category_slug : text === categoryOf(channel);

/** What the fields show. */
export function shownOf(draft: Draft, channel: Channel) {
  return {
    title: draft.title ?? channel.title,
    category: draft.category?.text ?? categoryOf(channel),
    tags: draft.tags ?? channel.tags,
    tag: draft.tag ?? "",
    language: draft.language ?? languageOf(channel),
    mature: draft.mature ?? isMature(channel),
  };
}

/** The draft after a change; what is as the channel has it is not being edited any more. */
export function changed(draft: Draft, change: Draft, channel: Channel): Draft {
  const { title, category, tags, tag, language, mature } = { ...draft, ...change };
  return {
    ...(title !== undefined && title !== channel.title ? { title } : {}),
    ...(category !== undefined && !isCategoryOf(category, channel) ? { category } : {}),
    ...(tags !== undefined && tags.join() !== channel.tags.join() ? { tags } : {}),
    ...(tag ? { tag } : {}),
    ...(language !== undefined && language !== languageOf(channel) ? { language } : {}),
    ...(mature !== undefined && mature !== isMature(channel) ? { mature } : {}),
  };
}

export interface Meant {
  edit: ChannelEdit;
  /** What the server need not be asked for, by field. */
  refused: Partial<Record<Part, string>>;
}

/** What is to be saved. `choices`: the categories, and none; undefined where they are not known. */
export function meant(draft: Draft, channel: Channel, choices: readonly Choice[] | undefined): Meant {
  const edit: ChannelEdit = {};
  const refused: Meant["refused"] = {};
  if (draft.title !== undefined) edit.title = draft.title.trim();
  if (draft.category !== undefined) {
    const typed = draft.category.text.trim();
    const choice = choices && choiceCalled(choices, typed);
    if (draft.category.slug !== undefined) edit.category = draft.category.slug;
    else if (typed === "") edit.category = "";
    else if (choice) edit.category = choice.value;
    else if (choices) refused.category = t`There is no category like that. Choose one from the list.`;
    else refused.category = t`The categories did not load yet. Try again in a moment.`;
  }
  if (draft.tags !== undefined || draft.tag?.trim()) {
    const taken = withTags(draft.tags ?? channel.tags, draft.tag ?? "");
    edit.tags = taken.tags;
    if (taken.refused) refused.tags = taken.refused;
  }
  if (draft.language !== undefined) edit.language = draft.language;
  if (draft.mature !== undefined) edit.mature = draft.mature;
  return { edit, refused };
}

/** The draft after `saved` was taken by the server, which made `channel` of it: what was typed meanwhile is left, where it is something else. */
export function settled(draft: Draft, saved: Draft, channel: Channel): Draft {
  const left: Draft = {};
  if (draft.title !== undefined && draft.title !== saved.title) left.title = draft.title;
  if (draft.category !== undefined && draft.category !== saved.category) left.category = draft.category;
  if (draft.tags !== undefined && draft.tags !== saved.tags) left.tags = draft.tags;
  if (draft.tag && draft.tag !== saved.tag) left.tag = draft.tag;
  if (draft.language !== undefined && draft.language !== saved.language) left.language = draft.language;
  if (draft.mature !== undefined && draft.mature !== saved.mature) left.mature = draft.mature;
  return changed(left, {}, channel);
}

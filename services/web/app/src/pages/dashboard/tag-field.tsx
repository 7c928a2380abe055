/** Tags, one by one: Enter or a comma takes what is typed, each has a button that removes it, and Backspace in the empty field removes the last. */
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { Field } from "../../ui/field";
import { LONGEST_TAG, MOST_TAGS, withTags } from "../channel/tags";

interface TagFieldProps {
  tags: readonly string[];
  /** What is typed for the next one. */
  text: string;
  error: string | undefined;
  onChange: (change: { tags?: string[]; tag: string }) => void;
}

export function TagField({ tags, text, error, onChange }: TagFieldProps) {
  const box = useRef<HTMLDivElement>(null);
  const [refused, setRefused] = useState<string | undefined>();
  /** For screen readers: what became of a tag. */
  const [told, setTold] = useState("");

  /** `typed` but for its end becomes tags; `rest` is what stays in the field. */
  const add = (typed: string, rest: string) => {
    const taken = withTags(tags, typed);
    setRefused(taken.refused);
    const count = taken.tags.length;
    const tag = typed.trim();
    if (taken.refused) setTold(taken.refused);
    else if (count > tags.length) setTold(t`${count} of ${MOST_TAGS} tags`);
    else setTold(tag && t`${tag} is there already`);
    onChange({ tags: taken.tags, tag: [taken.left, rest].filter(Boolean).join(", ") });
  };
  const type = (value: string) => {
    setRefused(undefined);
    const end = value.lastIndexOf(",");
    if (end < 0) {
      // What is said once more is spoken only if it was gone.
      setTold("");
      onChange({ tag: value });
    } else add(value.slice(0, end), value.slice(end + 1).trimStart());
  };
  const remove = (n: number) => {
    setRefused(undefined);
    const tag = tags[n] ?? "";
    setTold(t`Removed ${tag}`);
    // The button goes: its neighbour has the focus then, or the field.
    const buttons = [...(box.current?.querySelectorAll<HTMLElement>("li button") ?? [])];
    (buttons[n + 1] ?? buttons[n - 1] ?? box.current?.querySelector("input"))?.focus();
    onChange({ tags: tags.filter((_, other) => other !== n), tag: text });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && text.trim()) {
      event.preventDefault();
      add(text, "");
    } else if (event.key === "Backspace" && text === "" && tags.length > 0) {
      event.preventDefault();
      // A key held down to empty the field stops there.
      if (event.repeat) return;
      const tag = tags.at(-1) ?? "";
      setTold(t`Removed ${tag}`);
      onChange({ tags: tags.slice(0, -1), tag: "" });
    }
  };

  return (
    <div ref={box} className="flex flex-col gap-2">
      <Field
        label={t`Tags`}
        hint={t`Up to ${MOST_TAGS}, each of at most ${LONGEST_TAG} characters. Enter or a comma adds one.`}
        error={refused ?? error}
        data-testid="tag-input"
        value={text}
        autoComplete="off"
        enterKeyHint="enter"
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ul aria-label={t`Tags`} className="flex flex-wrap gap-2 empty:hidden">
        {tags.map((tag, n) => (
          <li
            key={tag}
            data-testid="tag"
            className="inline-flex h-8 max-w-full min-w-0 items-center rounded-full border bg-ground pl-3 text-sm"
          >
            <bdi className="truncate">{tag}</bdi>
            <button
              type="button"
              aria-label={t`Remove ${tag}`}
              title={t`Remove ${tag}`}
              data-testid="tag-remove"
              onClick={() => remove(n)}
              className="inline-flex size-8 shrink-0 items-center justify-center rounded-full text-quiet hover:bg-hover hover:text-text"
            >
              <X aria-hidden className="size-4" />
            </button>
          </li>
        ))}
      </ul>
      <p role="status" className="sr-only">
        {told}
      </p>
    </div>
  );
}

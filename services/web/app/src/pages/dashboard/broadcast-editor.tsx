/**
 * What one's broadcasts are about, edited in place on the dashboard and in the channel's settings, before a broadcast and while it runs: title,
 * category, language, tags, and whether it is for adults. What was typed stays when it is not taken and when the page is left (`kept-draft`), until
 * it is saved or thrown away, and what is wrong is said beside its field; what nobody is typing in follows changes made elsewhere.
 */
import { t } from "@lingui/core/macro";
import { type FormEvent, useId, useState } from "react";
import type { Category } from "../../api/channels";
import type { OwnStream } from "../../api/contract";
import { told } from "../../api/told";
import { categoryName } from "../../language/category-name";
import { Button } from "../../ui/button";
import { type Choice, choiceCalled } from "../../ui/choices-like";
import { ComboBox } from "../../ui/combo-box";
import { Field, FormError } from "../../ui/field";
import { languageList, languageName } from "../../ui/languages";
import { NotLoaded } from "../../ui/not-loaded";
import { Select } from "../../ui/select";
import { Switch } from "../../ui/switch";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { byName } from "../browse/by-name";
import { useCategories } from "../browse/use-categories";
import { useEdit } from "../channel/use-edit";
import { Section } from "../moderation/section";
import { changed, type Draft, meant, type Part, settled, shownOf } from "./broadcast-draft";
import { useKeptDraft } from "./kept-draft";
import { TagField } from "./tag-field";

/** Characters; the server takes no more. */
const LONGEST_TITLE = 140;
const PARTS: Part[] = ["title", "category", "tags", "language"];

export function BroadcastEditor({ stream }: { stream: OwnStream }) {
  const categories = useCategories();
  const choices = choicesOf(categories.data?.items);
  const [draft, setDraft] = useKeptDraft(stream);
  const [wrong, setWrong] = useState<{ [part in Part]?: string | undefined }>({});
  const [form, notTaken] = useFirstWrong();
  const matureLabel = useId();
  const save = useEdit();
  const shown = shownOf(draft, stream);
  const touched = Object.keys(draft).length > 0;

  const change = (part: Part, now: Draft) => {
    setDraft((before) => changed(before, now, stream));
    setWrong((before) => ({ ...before, [part]: undefined }));
    if (!save.isPending) save.reset();
  };
  const discard = () => {
    setDraft({});
    setWrong({});
    save.reset();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending || !touched) return;
    const { edit, refused } = meant(draft, stream, choices);
    setWrong(refused);
    if (Object.keys(refused).length > 0) return notTaken();
    try {
      const saved = await save.mutateAsync(edit);
      setDraft((now) => settled(now, draft, saved));
    } catch (error) {
      const { of, form: whole } = told(error, PARTS);
      setWrong({
        title: of("title"),
        category: of("category"),
        tags: of("tags"),
        language: of("language"),
      });
      // To the field that is wrong; where none is, the focus stays where it was.
      if (whole === null) notTaken();
    }
  };

  return (
    <Section title={t`What your broadcasts are about`} testId="broadcast-editor">
      <form ref={form} onSubmit={submit} noValidate className="flex flex-col gap-4 px-4 pb-4 sm:px-5">
        <Field
          label={t`Title`}
          hint={t`Up to ${LONGEST_TITLE} characters`}
          data-testid="title-input"
          value={shown.title}
          maxLength={LONGEST_TITLE}
          placeholder={t`What is it about?`}
          error={wrong.title}
          onChange={(e) => change("title", { title: e.target.value })}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <ComboBox
            label={t`Category`}
            hint={t`Type to search, and choose one from the list`}
            listLabel={t`Categories`}
            none={
              choices ? t`No category like that` : t`The categories did not load yet. Try again in a moment.`
            }
            testId="category-input"
            text={shown.category}
            placeholder={t`None`}
            choices={choices ?? []}
            chosen={draft.category?.slug ?? choiceCalled(choices ?? [], shown.category)?.value ?? ""}
            error={wrong.category}
            onType={(text) => {
              change("category", { category: { text } });
              if (categories.isError && !categories.isFetching) void categories.refetch();
            }}
            onTake={({ value, label }) =>
              change("category", { category: { slug: value, text: value === "" ? "" : label } })
            }
          />
          <Select
            label={t`Language`}
            data-testid="language-input"
            value={shown.language}
            error={wrong.language}
            onChange={(e) => change("language", { language: e.target.value })}
          >
            <option value="">{t`Not said`}</option>
            {/* One that was set by another program stays. */}
            {shown.language && !languageList().some(({ tag }) => tag === shown.language) && (
              <option value={shown.language}>{languageName(shown.language)}</option>
            )}
            {languageList().map(({ tag, name }) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </Select>
        </div>
        {/* What is chosen stays, and everything else can be changed and saved. */}
        {!categories.data && categories.error && (
          <NotLoaded error={categories.error} again={categories.refetch} testId="categories-missing" />
        )}
        <TagField
          tags={shown.tags}
          text={shown.tag}
          error={wrong.tags}
          onChange={(now) => change("tags", now)}
        />
        <div className="flex items-center gap-3">
          <Switch
            labelledBy={matureLabel}
            checked={shown.mature}
            testId="mature-input"
            onChange={(mature) => change("mature", { mature })}
          />
          <span id={matureLabel} className="text-sm">
            {t`For adults: lists and your page say so`}
          </span>
        </div>
        <FormError>{told(save.error, PARTS).form}</FormError>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Button
            type="submit"
            weight={touched ? "primary" : "plain"}
            busy={save.isPending}
            disabled={!touched}
            data-testid="title-save"
          >
            {t`Save`}
          </Button>
          {touched && !save.isPending && (
            <>
              <Button data-testid="title-discard" onClick={discard}>
                {t`Discard`}
              </Button>
              <p data-testid="broadcast-unsaved" className="text-sm text-quiet">
                {t`Not saved yet`}
              </p>
            </>
          )}
          <p role="status" data-testid="broadcast-saved" className="text-sm text-quiet">
            {save.isPending ? t`Saving…` : save.isSuccess && !touched ? t`Saved` : ""}
          </p>
        </div>
      </form>
    </Section>
  );
}

/** The categories by the names that the reader has for them, and none; undefined until they are there. */
function choicesOf(list: Category[] | undefined): Choice[] | undefined {
  if (!list) return undefined;
  const named = byName(list).map(({ slug, name }) => ({
    value: slug,
    label: categoryName(name),
    also: [name, slug],
  }));
  return [{ value: "", label: t`None` }, ...named];
}

/** What broadcasts are about: title, category, tags, language, and whether they are for adults. */
import { t } from "@lingui/core/macro";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import type { Category } from "../../api/channels";
import type { OwnStream } from "../../api/contract";
import { told } from "../../api/told";
import { categoryName } from "../../language/category-name";
import { Field } from "../../ui/field";
import { languageList } from "../../ui/languages";
import { Select } from "../../ui/select";
import { Switch } from "../../ui/switch";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { byName } from "../browse/by-name";
import { Section } from "../moderation/section";
import { SaveRow } from "./save-row";
import { tagsOf } from "./tags";
import { useUnsaved } from "./unsaved";
import { useEdit } from "./use-edit";

const FIELDS = ["title", "category", "tags", "language"];

export function BroadcastForm({
  stream,
  categories,
  missing,
}: {
  stream: OwnStream;
  categories: Category[];
  /** In place of categories that did not load. */
  missing: ReactNode;
}) {
  const [title, setTitle] = useState(stream.title);
  const [category, setCategory] = useState(stream.category_slug ?? stream.category ?? "");
  const [tags, setTags] = useState(stream.tags.join(", "));
  const [language, setLanguage] = useState(stream.language ?? "");
  const [mature, setMature] = useState(stream.mature ?? false);
  const matureLabel = useId();
  const edit = useEdit();
  useUnsaved([title, category, tags, language, mature], edit.isSuccess);
  const { of, form } = told(edit.error, FIELDS);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate(
      { title: title.trim(), category, tags: tagsOf(tags), language, mature },
      { onError: notTaken },
    );
  };
  const known = categories.some((c) => c.slug === category);
  const changed =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      edit.reset();
      set(value);
    };
  return (
    <Section title={t`Your broadcasts`} testId="settings-broadcast">
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4 px-4 pb-4 sm:px-5">
        <Field
          label={t`Title`}
          data-testid="settings-title"
          value={title}
          maxLength={140}
          error={of("title")}
          onChange={(e) => changed(setTitle)(e.target.value)}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select
            label={t`Category`}
            data-testid="settings-category"
            value={category}
            error={of("category")}
            onChange={(e) => changed(setCategory)(e.target.value)}
          >
            <option value="">{t`None`}</option>
            {category && !known && <option value={category}>{categoryName(category)}</option>}
            {byName(categories).map((c) => (
              <option key={c.slug} value={c.slug}>
                {categoryName(c.name)}
              </option>
            ))}
          </Select>
          <Select
            label={t`Language`}
            data-testid="settings-language"
            value={language}
            error={of("language")}
            onChange={(e) => changed(setLanguage)(e.target.value)}
          >
            <option value="">{t`Not said`}</option>
            {languageList().map(({ tag, name }) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </Select>
        </div>
        {missing}
        <Field
          label={t`Tags`}
          hint={t`Up to 10, with commas between them`}
          data-testid="settings-tags"
          value={tags}
          error={of("tags")}
          onChange={(e) => changed(setTags)(e.target.value)}
        />
        <div className="flex items-center gap-3">
          <Switch
            labelledBy={matureLabel}
            checked={mature}
            testId="settings-mature"
            onChange={changed(setMature)}
          />
          <span id={matureLabel} className="text-sm">
            {t`For adults: lists and your page say so`}
          </span>
        </div>
        <SaveRow busy={edit.isPending} saved={edit.isSuccess} error={form} testId="save-broadcast" />
      </form>
    </Section>
  );
}

/** What admins change of one category, below its row: name, address and picture; it is made part of another, or deleted. */
import { t } from "@lingui/core/macro";
import { type FormEvent, useState } from "react";
import {
  type Category,
  deleteCategory,
  deleteCategoryPicture,
  editCategory,
  mergeCategory,
  putCategoryPicture,
} from "../../api/channels";
import { sentence } from "../../api/problem";
import { told } from "../../api/told";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { focusOn } from "../../ui/focus";
import { Question } from "../../ui/question";
import { Select } from "../../ui/select";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useQuestion } from "../../ui/use-question";
import { ACCEPT, tooLarge } from "../channel/picture-file";
import { useCategoryChange } from "./use-category-change";

/** As `ref` of what a row opened: when it goes with the focus in it, the row's button has it. */
const backToRow = (box: HTMLElement | null) => () => {
  if (box?.contains(document.activeElement)) focusOn(box.closest("li")?.querySelector("button"));
};

export function ChangeCategory({
  category,
  others,
  done,
}: {
  category: Category;
  others: Category[];
  done: () => void;
}) {
  const [name, setName] = useState(category.name);
  const [slug, setSlug] = useState(category.slug);
  const [description, setDescription] = useState(category.description);
  const [into, setInto] = useState("");
  const question = useQuestion();
  const merging = useQuestion();
  const [large, setLarge] = useState<string | null>(null);
  const edit = useCategoryChange(async () => {
    await editCategory(category.slug, { name: name.trim(), slug: slug.trim(), description });
    done();
  });
  const merge = useCategoryChange(async () => {
    await mergeCategory(category.slug, into);
    done();
  });
  const remove = useCategoryChange(async () => {
    await deleteCategory(category.slug);
    done();
  });
  const picture = useCategoryChange((file: File | null) =>
    file ? putCategoryPicture(category.slug, file) : deleteCategoryPicture(category.slug),
  );
  const { of, form } = told(edit.error, ["name", "slug", "description"]);
  const error = merge.error ?? remove.error ?? picture.error;
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate(undefined, { onError: notTaken });
  };
  return (
    <div ref={backToRow} className="flex flex-col gap-4 px-4 pb-4 sm:px-5" data-testid="category-change">
      <form ref={box} onSubmit={submit} className="flex flex-col gap-3" noValidate>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field
            label={t`Name`}
            value={name}
            maxLength={60}
            error={of("name")}
            data-testid="category-name-input"
            onChange={(e) => setName(e.target.value)}
          />
          <Field
            label={t`Address`}
            value={slug}
            maxLength={60}
            error={of("slug")}
            data-testid="category-slug-input"
            onChange={(e) => setSlug(e.target.value)}
          />
        </div>
        <Field
          label={t`What it is about`}
          value={description}
          maxLength={300}
          error={of("description")}
          onChange={(e) => setDescription(e.target.value)}
        />
        <FormError>{form}</FormError>
        <Button type="submit" className="self-start" busy={edit.isPending} data-testid="category-save">
          {t`Save`}
        </Button>
      </form>
      <div className="flex flex-wrap items-center gap-2">
        <input
          type="file"
          accept={ACCEPT}
          aria-label={t`Picture of ${category.name}`}
          data-testid="category-file"
          className="block h-9 max-w-full min-w-0 flex-1 basis-56 rounded-sm border bg-ground px-2 py-1 text-sm text-quiet file:mr-2 file:rounded-sm file:border-0 file:bg-hover file:px-2 file:py-0.5 file:text-text"
          onChange={(e) => {
            const file = e.target.files?.[0];
            const refused = file ? tooLarge(file) : null;
            setLarge(refused);
            if (file && !refused) picture.mutate(file);
          }}
        />
        {category.picture_url && <Button onClick={() => picture.mutate(null)}>{t`No picture`}</Button>}
      </div>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-0 flex-1 basis-44">
          <Select
            label={t`Make it part of`}
            value={into}
            data-testid="category-into"
            onChange={(e) => setInto(e.target.value)}
          >
            <option value="">{t`Choose another one`}</option>
            {others
              .filter((c) => c.slug !== category.slug)
              .map((c) => (
                <option key={c.slug} value={c.slug}>
                  {c.name}
                </option>
              ))}
          </Select>
        </div>
        {merging.asking && (
          <p className="basis-full text-sm text-quiet">
            {t`Its channels and its address go to the other one, and it is gone for good.`}
          </p>
        )}
        <Question
          question={merging}
          ask={t`Merge`}
          yes={t`Yes, merge them`}
          askWeight="danger"
          className="!h-10"
          disabled={!into}
          busy={merge.isPending}
          testIds={["category-merge", "category-merge-yes", "category-merge-no"]}
          onYes={() => merge.mutate(undefined)}
        />
        <Question
          question={question}
          ask={t`Delete`}
          yes={t`Its channels have none then: delete it`}
          className="!h-10"
          busy={remove.isPending}
          testIds={["category-delete", "category-delete-yes", "category-delete-no"]}
          onYes={() => remove.mutate(undefined)}
        />
      </div>
      <FormError>{large ?? (error ? sentence(error) : null)}</FormError>
    </div>
  );
}

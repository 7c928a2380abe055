/** Categories, for admins: new ones, names and addresses, pictures, one made part of another, and none any more. */
import { t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Navigate } from "react-router";
import { afterwards } from "../../api/ask-again";
import {
  addCategory,
  type Category,
  categories,
  deleteCategory,
  deleteCategoryPicture,
  editCategory,
  mergeCategory,
  putCategoryPicture,
} from "../../api/channels";
import { sentence } from "../../api/problem";
import { told } from "../../api/told";
import { signInPath, useSession } from "../../auth/use-session";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { focusOn } from "../../ui/focus";
import { Message } from "../../ui/message";
import { Select } from "../../ui/select";
import { PageSkeleton } from "../../ui/skeleton";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { handsFocusOn, useQuestion } from "../../ui/use-question";
import { useTitle } from "../../ui/use-title";
import { ACCEPT, tooLarge } from "../channel/picture-file";
import { ROW, Rows, Section } from "../moderation/section";
import { CategoryCover } from "./category-cover";

export function KeepCategories() {
  useTitle(t`Categories`);
  const state = useSession();
  if (state.status === "out") return <Navigate to={signInPath("/admin/categories")} replace />;
  if (state.status === "unknown") return <PageSkeleton />;
  if (state.user.platform_role !== "admin") {
    return <Message title={t`This page is for admins`} testId="categories-forbidden" />;
  }
  return <Kept />;
}

/** A change of categories; the list is asked for again, whatever came of it. */
function useChange<T>(change: (what: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: afterwards(() => client.invalidateQueries({ queryKey: ["categories"] })),
  });
}

function Kept() {
  const [open, setOpen] = useState<string | null>(null);
  const list = useQuery({
    queryKey: ["categories", "kept"],
    queryFn: async ({ signal }) => {
      const { items } = await categories(signal);
      return { items: items.sort((a, b) => a.name.localeCompare(b.name)) };
    },
  });
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-6">
      <h1 className="text-xl font-semibold tracking-tight">{t`Categories`}</h1>
      <NewCategory />
      <Section
        title={t`All categories`}
        testId="kept-categories"
        about={t`Links stay good: the old address of a category leads to the one that replaced it.`}
      >
        <Rows query={list} empty={t`None.`}>
          {(category) => (
            <li key={category.slug} data-testid={`kept-${category.slug}`}>
              <div className={ROW}>
                <span className="block size-10 shrink-0 overflow-hidden rounded-sm border">
                  <CategoryCover category={category} size={20} />
                </span>
                <span className="min-w-0 flex-1 wrap-anywhere">
                  {category.name}
                  <span className="block text-xs text-quiet">{category.slug}</span>
                </span>
                <Button
                  ref={handsFocusOn}
                  aria-expanded={open === category.slug}
                  aria-label={t`Change ${category.name}`}
                  data-testid="category-open"
                  onClick={() => setOpen(open === category.slug ? null : category.slug)}
                >
                  {t`Change`}
                </Button>
              </div>
              {open === category.slug && (
                <Change category={category} others={list.data?.items ?? []} done={() => setOpen(null)} />
              )}
            </li>
          )}
        </Rows>
      </Section>
    </div>
  );
}

function NewCategory() {
  const [name, setName] = useState("");
  const [slug, setSlug] = useState("");
  const add = useChange(async () => {
    await addCategory({ name: name.trim(), ...(slug.trim() ? { slug: slug.trim() } : {}) });
    setName("");
    setSlug("");
  });
  const { of, form } = told(add.error, ["name", "slug"]);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(undefined, { onError: notTaken });
  };
  return (
    <Section title={t`A new category`} testId="new-category">
      <form ref={box} onSubmit={submit} className="flex flex-col gap-3 px-4 pb-4 sm:px-5" noValidate>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field
            label={t`Name`}
            value={name}
            maxLength={60}
            error={of("name")}
            data-testid="new-category-name"
            onChange={(e) => setName(e.target.value)}
          />
          <Field
            label={t`Address`}
            hint={t`a-z, 0-9 and dashes; empty: made of the name`}
            value={slug}
            maxLength={60}
            error={of("slug")}
            data-testid="new-category-slug"
            onChange={(e) => setSlug(e.target.value)}
          />
        </div>
        <FormError>{form}</FormError>
        <Button type="submit" className="self-start" busy={add.isPending} data-testid="new-category-add">
          {t`Add`}
        </Button>
      </form>
    </Section>
  );
}

/** As `ref` of what a row opened: when it goes with the focus in it, the row's button has it. */
const backToRow = (box: HTMLElement | null) => () => {
  if (box?.contains(document.activeElement)) focusOn(box.closest("li")?.querySelector("button"));
};

function Change({ category, others, done }: { category: Category; others: Category[]; done: () => void }) {
  const [name, setName] = useState(category.name);
  const [slug, setSlug] = useState(category.slug);
  const [description, setDescription] = useState(category.description);
  const [into, setInto] = useState("");
  const question = useQuestion();
  const [large, setLarge] = useState<string | null>(null);
  const edit = useChange(async () => {
    await editCategory(category.slug, { name: name.trim(), slug: slug.trim(), description });
    done();
  });
  const merge = useChange(async () => {
    await mergeCategory(category.slug, into);
    done();
  });
  const remove = useChange(async () => {
    await deleteCategory(category.slug);
    done();
  });
  const picture = useChange((file: File | null) =>
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
        {category.picture_url && (
          <Button ref={handsFocusOn} onClick={() => picture.mutate(null)}>
            {t`No picture`}
          </Button>
        )}
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
        <Button
          weight="danger"
          className="!h-10"
          disabled={!into}
          busy={merge.isPending}
          data-testid="category-merge"
          onClick={() => merge.mutate(undefined)}
        >
          {t`Merge`}
        </Button>
        {question.asking ? (
          <>
            <Button
              ref={question.answer}
              weight="danger"
              className="!h-10"
              busy={remove.isPending}
              data-testid="category-delete-yes"
              onClick={() => remove.mutate(undefined)}
            >
              {t`Its channels have none then: delete it`}
            </Button>
            <Button
              ref={question.cancel}
              className="!h-10"
              data-testid="category-delete-no"
              onClick={question.close}
            >
              {t`Cancel`}
            </Button>
          </>
        ) : (
          <Button
            ref={question.opener}
            className="!h-10"
            data-testid="category-delete"
            onClick={question.ask}
          >
            {t`Delete`}
          </Button>
        )}
      </div>
      <FormError>{large ?? (error ? sentence(error) : null)}</FormError>
    </div>
  );
}

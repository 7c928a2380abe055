/** Categories, for admins: all of them, each to be changed, and a new one. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Navigate } from "react-router";
import { addCategory, categories } from "../../api/channels";
import { told } from "../../api/told";
import { signInPath, useSession } from "../../auth/use-session";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { PageSkeleton } from "../../ui/skeleton";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useTitle } from "../../ui/use-title";
import { StaffTabs } from "../admin/staff-tabs";
import { ROW, Rows, Section } from "../moderation/section";
import { CategoryCover } from "./category-cover";
import { ChangeCategory } from "./change-category";
import { useCategoryChange } from "./use-category-change";

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
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <h1 className="text-xl font-semibold tracking-tight">{t`Categories`}</h1>
      <StaffTabs current="categories" />
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
                  aria-expanded={open === category.slug}
                  aria-label={t`Change ${category.name}`}
                  data-testid="category-open"
                  onClick={() => setOpen(open === category.slug ? null : category.slug)}
                >
                  {t`Change`}
                </Button>
              </div>
              {open === category.slug && (
                <ChangeCategory
                  category={category}
                  others={list.data?.items ?? []}
                  done={() => setOpen(null)}
                />
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
  const add = useCategoryChange(async () => {
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

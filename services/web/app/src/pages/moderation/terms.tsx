/** Blocked terms. A star stands for any letters; look-alike letters count as what they look like. */
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { addTerm, deleteTerm, terms } from "../../api/chat";
import { sentence } from "../../api/problem";
import { told } from "../../api/told";
import { Button, IconButton } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { NotYet, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

export function Terms({ room }: { room: string }) {
  const list = usePart(room, "terms", (signal) => terms(room, signal));
  const [term, setTerm] = useState("");
  const add = useDeed(room, ["terms", "audit"], (text: string) => addTerm(room, text));
  const remove = useDeed(room, ["terms", "audit"], (id: string) => deleteTerm(room, id));
  const { of, form } = told(add.error, ["term"]);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = term.trim();
    if (text) add.mutate(text, { onSuccess: () => setTerm(""), onError: notTaken });
  };
  return (
    <Section
      title={t`Blocked terms`}
      testId="desk-terms"
      about={t`A star stands for any letters: spam* blocks spam and spammer. Look-alike letters are seen through.`}
    >
      <div className="flex flex-col gap-3 px-4 pb-4 sm:px-5">
        <form ref={box} onSubmit={submit} className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <Field
              label={t`New term`}
              value={term}
              maxLength={60}
              error={of("term")}
              data-testid="term-input"
              onChange={(e) => {
                setTerm(e.target.value);
                if (add.error) add.reset();
              }}
            />
          </div>
          <Button type="submit" className="mt-[1.625rem] !h-10" busy={add.isPending} data-testid="term-add">
            {t`Add`}
          </Button>
        </form>
        <FormError>{form ?? (remove.error ? sentence(remove.error) : null)}</FormError>
        {list.data?.items.length === 0 && <p className="text-sm text-quiet">{t`No terms yet.`}</p>}
        <ul className="flex flex-wrap gap-1.5 empty:hidden">
          {list.data?.items.map((term) => (
            <li
              key={term.id}
              data-testid="term"
              className="flex items-center rounded-sm border bg-ground pl-2.5 text-sm"
            >
              <bdi className="wrap-anywhere">{term.term}</bdi>
              <IconButton
                label={t`Remove ${term.term}`}
                className="size-8"
                onClick={() => remove.mutate(term.id)}
              >
                <X aria-hidden className="size-3.5" />
              </IconButton>
            </li>
          ))}
        </ul>
      </div>
      <NotYet query={list} />
    </Section>
  );
}

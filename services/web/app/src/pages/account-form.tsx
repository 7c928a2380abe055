/** The one form behind signing in and registering. What was typed stays; what is wrong is said beside the field. */

import { t } from "@lingui/core/macro";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { Problem, sentence } from "../api/problem";
import { safeNext } from "../auth/safe-next";
import { cookiesKept } from "../auth/sign";
import { useSession } from "../auth/use-session";
import { say } from "../language/say";
import { Button } from "../ui/button";
import { Field, FormError } from "../ui/field";
import { useFirstWrong } from "../ui/use-first-wrong";
import { useTitle } from "../ui/use-title";
import { type AccountField, type Answers, missing } from "./account-fields";
import { Sheet, TEXT_LINK } from "./sheet";

/** Codes that speak about one field even when the server lists none. */
const FIELD_OF: Record<string, AccountField["name"]> = { username_taken: "username", email_taken: "email" };

export function AccountForm({
  title,
  busyTitle,
  testId,
  fields,
  send,
  after,
  other,
  also,
  below,
}: {
  title: string;
  busyTitle: string;
  /** Of the button. */
  testId: string;
  fields: AccountField[];
  /** False: it stays on this page, which says why. */
  send: (answers: Answers) => Promise<boolean>;
  /** Where it leads when the address names no page to come back to. */
  after: string;
  /** The form for those who are wrong here. */
  other: { question: string; title: string; path: string };
  /** Another way, below the form. */
  also?: ReactNode;
  /** More of the page's foot. */
  below?: ReactNode;
}) {
  useTitle(title);
  const state = useSession();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const wish = params.get("next");
  const next = wish ? safeNext(wish) : after;
  const [answers, setAnswers] = useState<Answers>({});
  const [gaps, setGaps] = useState<Answers>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [form, notTaken] = useFirstWrong();
  // Said after the first picture: a region is spoken if it was there before its words.
  const [keepsCookies, setKeepsCookies] = useState(true);
  useEffect(() => setKeepsCookies(cookiesKept()), []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = missing(fields, answers);
    setGaps(found);
    setProblem(null);
    if (Object.keys(found).length > 0) return notTaken();
    setBusy(true);
    try {
      if (await send(answers)) navigate(next, { replace: true });
      else setBusy(false);
    } catch (error) {
      setProblem(error);
      setBusy(false);
      notTaken();
    }
  };
  const refused = (field: AccountField): string | undefined => {
    if (!(problem instanceof Problem)) return undefined;
    return (
      problem.field(field.name) ?? (FIELD_OF[problem.code] === field.name ? sentence(problem) : undefined)
    );
  };
  const wrong = (field: AccountField): string | undefined =>
    gaps[field.name] ?? field.wrong?.(answers[field.name] ?? "") ?? refused(field);
  if (state.status === "in" && !busy) return <Navigate to={next} replace />;
  const placed = fields.some((field) => refused(field) !== undefined);
  return (
    <Sheet
      title={title}
      foot={
        <>
          {other.question}{" "}
          <Link className={TEXT_LINK} to={`${other.path}${wish ? `?next=${encodeURIComponent(wish)}` : ""}`}>
            {other.title}
          </Link>
          {below}
        </>
      }
    >
      <div role="status">
        {!keepsCookies && (
          <p data-testid="cookies-refused" className="mb-4 rounded-sm border border-warn p-3 text-sm">
            {t`Your browser keeps no cookies of this site. You can sign in, but only until this page is closed or loaded anew. Allow cookies for this site to stay signed in.`}
          </p>
        )}
      </div>
      <form ref={form} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        {fields.map((field) => (
          <Field
            key={field.name}
            {...field.input}
            label={say(field.label)}
            required
            hint={field.hint?.(answers[field.name] ?? "")}
            value={answers[field.name] ?? ""}
            error={wrong(field)}
            onChange={(e) => {
              setAnswers({ ...answers, [field.name]: e.target.value });
              setGaps({ ...gaps, [field.name]: undefined });
            }}
          />
        ))}
        <FormError>{problem && !placed ? sentence(problem) : null}</FormError>
        <Button type="submit" weight="primary" busy={busy} data-testid={testId}>
          {busy ? busyTitle : title}
        </Button>
      </form>
      {also}
    </Sheet>
  );
}

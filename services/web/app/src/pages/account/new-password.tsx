/** The one field for a password that somebody chooses, with what is wrong with it beside it. */
import { t } from "@lingui/core/macro";
import { Problem } from "../../api/problem";
import { Field } from "../../ui/field";

export function NewPassword({
  value,
  onChange,
  gap,
  problem,
}: {
  value: string;
  onChange: (typed: string) => void;
  /** It was left empty. */
  gap: boolean;
  problem: unknown;
}) {
  return (
    <Field
      label={t`New password`}
      type="password"
      autoComplete="new-password"
      required
      minLength={8}
      maxLength={128}
      hint={t`At least 8 characters.`}
      data-testid="new-password"
      value={value}
      error={gap ? t`Choose a password of at least 8 characters.` : refusedPassword(problem)}
      onChange={(e) => onChange(e.target.value)}
    />
  );
}

/** What a problem says about the password. */
export function refusedPassword(problem: unknown): string | undefined {
  return problem instanceof Problem ? problem.field("password") : undefined;
}

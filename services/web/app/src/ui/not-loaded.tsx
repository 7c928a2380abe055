/** In place of a list that did not load: why, and the way to ask once more. */
import { t } from "@lingui/core/macro";
import { sentence } from "../api/problem";
import { Button } from "./button";
import { givesFocusOn } from "./focus";

export function NotLoaded({
  error,
  again,
  testId = "not-loaded",
  className = "",
}: {
  error: unknown;
  again: () => unknown;
  testId?: string;
  className?: string;
}) {
  return (
    <div data-testid={testId} className={`flex flex-wrap items-center gap-3 ${className}`}>
      <p role="alert" className="min-w-0 flex-1 text-sm text-quiet">
        {sentence(error)}
      </p>
      <Button ref={givesFocusOn} onClick={() => void again()}>{t`Try again`}</Button>
    </div>
  );
}

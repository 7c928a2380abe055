/** The end of a form: the button that saves, and what came of it. */
import { t } from "@lingui/core/macro";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";

export function SaveRow({
  busy,
  saved,
  error,
  testId,
}: {
  busy: boolean;
  saved: boolean;
  error: string | null;
  testId: string;
}) {
  return (
    <div className="flex flex-col gap-3">
      <FormError>{error}</FormError>
      <div className="flex items-center gap-3">
        <Button type="submit" weight="primary" busy={busy} data-testid={testId}>
          {t`Save`}
        </Button>
        <p role="status" data-testid={`${testId}-done`} className="text-sm text-quiet">
          {saved ? t`Saved` : ""}
        </p>
      </div>
    </div>
  );
}

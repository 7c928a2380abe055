/**
 * A button that asks before it does something: in its place come the answer that does it and the one that changes nothing. What the question is about
 * stands beside it, where the page has room for it; who has the focus meanwhile is `use-question`'s matter.
 */
import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { Button } from "./button";
import type { useQuestion } from "./use-question";

type Asked = ReturnType<typeof useQuestion>;

interface QuestionProps {
  question: Asked;
  /** What is on the button; or another one, of what it needs. */
  ask: string | ((opener: { ref: Asked["opener"]; onClick: () => void }) => ReactNode);
  /** The answer that does it. */
  yes: string;
  /** The other one; "Cancel" where nothing else is said. */
  no?: string;
  onYes: () => void;
  /** It is being done. */
  busy: boolean;
  /** It cannot be asked now. */
  disabled?: boolean;
  /** How the answer looks, and where it is said the button that asks, too. */
  weight?: "danger" | "primary";
  askWeight?: "danger" | "primary" | "plain";
  className?: string;
  /** What the answers are called where their words alone do not say it. */
  yesLabel?: string;
  /** The id of the words that the question is about. */
  describedBy?: string;
  /** Of the button that asks, the answer and the other one. */
  testIds: [ask: string, yes: string, no: string];
}

export function Question({
  question,
  ask,
  yes,
  no = t`Cancel`,
  onYes,
  busy,
  disabled = false,
  weight = "danger",
  askWeight = "plain",
  className = "",
  yesLabel,
  describedBy,
  testIds,
}: QuestionProps) {
  const [askId, yesId, noId] = testIds;
  const opener = { ref: question.opener, onClick: question.ask };
  if (!question.asking) {
    if (typeof ask !== "string") return ask(opener);
    return (
      <Button {...opener} weight={askWeight} disabled={disabled} className={className} data-testid={askId}>
        {ask}
      </Button>
    );
  }
  return (
    <>
      <Button
        ref={question.answer}
        weight={weight}
        className={className}
        aria-label={yesLabel}
        busy={busy}
        disabled={disabled}
        data-testid={yesId}
        onClick={onYes}
      >
        {yes}
      </Button>
      <Button
        ref={question.cancel}
        className={className}
        aria-describedby={describedBy}
        data-testid={noId}
        onClick={question.close}
      >
        {no}
      </Button>
    </>
  );
}
